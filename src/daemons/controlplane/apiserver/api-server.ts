import { readFile } from 'node:fs/promises';
import { constants } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { isIPv6, type Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { Clock } from '../../../kernel/clock.ts';
import { ConnectionLimit, loginTimes } from '../../../kernel/connection-limit.ts';
import type { ConnectionLimits } from '../../../kernel/connection-limit.ts';
import { KedgeError } from '../../../kernel/errors.ts';
import { listen } from '../../../kernel/listen.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import { controlPlaneMigrations } from '../../../store/controlplane-schema.ts';
import { diskTrouble } from '../../../store/disk-trouble.ts';
import { openDatabase } from '../../../store/database.ts';
import { KubeObjectStore } from '../../../store/kube-objects.ts';
import { createContext, type ApiContext } from './api-context.ts';
import { loadAdminToken } from './authentication/static-token.ts';
import { bootstrapPolicy } from './authorization/default-policy.ts';
import { bootstrapNamespaces } from './bootstrap-namespaces.ts';
import { bootstrapObjects, START_STEPS } from './bootstrap-objects.ts';
import { BUILTIN_RESOURCES } from './builtin-resources.ts';
import { followDefinitions } from './follow-definitions.ts';
import { healthChecks, type HealthChecks } from './http/health.ts';
import { respond, statusOf, type Answer } from './http/respond.ts';
import { route, type RouterOptions } from './http/router.ts';
import { ApiMetrics } from './metrics/api-metrics.ts';
import { Registry } from './registry.ts';
import { serviceNetwork } from './service-network.ts';
import { loadTokenKey } from './tokens/token-key.ts';
import { workloadResources } from './workload-resources.ts';

/** How long requests that have begun may take to end when the server stops, ms. */
const CLOSE_GRACE_MS = 1_000;
const KEEP_ALIVE_MS = 90_000;
/** A whole request may take so many times what its head may: 60 s, as Kubernetes' `--request-timeout`. Answers and watches take as long as they do. */
const REQUEST_TIMES = 3;
const DAMAGED = 'put a backup in its place: kedge restore FOLDER';

export interface ApiServerOptions {
  /**
   * PEM files: `ca` signs client certificates, `cert` and `key` are the server's, `tokenKey` signs tokens. `adminToken` is a token itself.
   * The last two are made when they are missing.
   */
  readonly pki: Readonly<Record<'caPath' | 'certPath' | 'keyPath' | 'tokenKeyPath' | 'adminTokenPath', string>>;
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly databasePath: string;
  /** Where Services get their addresses from, `10.96.0.0/16`. */
  readonly serviceClusterIPRange: string;
  /** For connections without a certificate of the CA, and for the body of any request. */
  readonly limits: ConnectionLimits & { readonly maxBodyBytes: number };
  readonly clock: Clock;
}

/** A Kubernetes API server on SQLite, over TLS with client certificates. */
export class ApiServer implements Module {
  readonly name = 'apiserver';
  readonly #options: ApiServerOptions;
  #port = 0;
  #context: ApiContext | undefined;
  /** What is still to be done once it listens. */
  readonly #starting = new Set<string>(START_STEPS);
  #server: Server | undefined;

  constructor(options: ApiServerOptions) {
    this.#options = options;
  }

  /** Once started: where it listens. */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    const { address } = this.#options;
    const host =
      address === '0.0.0.0' || address === '' ? '127.0.0.1' : address === '::' ? '[::1]' : isIPv6(address) ? `[${address}]` : address;
    return `https://${host}:${this.#port}`;
  }

  /** Once started: what the controllers work through. */
  get context(): ApiContext {
    if (this.#context === undefined) throw new KedgeError('BUG', 'the API server has not started');
    return this.#context;
  }

  async start(scope: Scope): Promise<void> {
    const { databasePath, clock, pki } = this.#options;
    const tokenKey = await loadTokenKey(pki.tokenKeyPath);
    const adminToken = await loadAdminToken(pki.adminTokenPath);
    const store = new KubeObjectStore(openDatabase(databasePath, controlPlaneMigrations, DAMAGED), {
      listenerFailed: (err, { resource, namespace, name }) =>
        scope.log.error({ err, resource, namespace, name }, 'a change was not taken in'),
    });
    scope.defer(() => store.close());
    const network = serviceNetwork(this.#options.serviceClusterIPRange);
    const registry = new Registry([...BUILTIN_RESOURCES, ...workloadResources(network)]);
    const context = createContext({ store, registry, clock, tokenKey, adminToken });
    scope.defer(followDefinitions(context, scope.log));
    await bootstrapNamespaces(context);
    await bootstrapPolicy(context);
    await this.#listen(scope, context);
    await bootstrapObjects(context, network, this.#port, scope);
    this.#starting.clear();
    this.#context = context;
  }

  status(): ModuleStatus {
    const detail = diskTrouble(this.#options.databasePath);
    const health = detail === undefined ? { state: 'ok' as const } : { state: 'degraded' as const, detail };
    return { ...health, facts: { port: this.#port, url: this.url, resourceVersion: this.#context?.store.revision } };
  }

  /** Goes over to the certificate that its files hold now; open connections and watches stay. */
  async reloadCertificate(): Promise<void> {
    this.#server?.setSecureContext(await this.#secureContext());
  }

  async #secureContext(): Promise<SecureContextOptions> {
    const { caPath, certPath, keyPath } = this.#options.pki;
    const [ca, cert, key] = await Promise.all([caPath, certPath, keyPath].map((path) => readFile(path)));
    // A resumed session would not show its certificate again.
    return { ca, cert, key, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET };
  }

  #health({ store }: ApiContext, signal: AbortSignal): HealthChecks {
    return healthChecks({
      read: () => store.get({ resource: 'namespaces', namespace: '', name: 'default' }),
      diskTrouble: () => diskTrouble(this.#options.databasePath),
      starting: this.#starting,
      startSteps: START_STEPS,
      signal,
    });
  }

  async #listen(scope: Scope, context: ApiContext): Promise<void> {
    const { address, port, limits } = this.#options;
    const stopping = new AbortController();
    // Each watch waits for it.
    setMaxListeners(0, stopping.signal);
    const metrics = new ApiMetrics({ ...context, databasePath: this.#options.databasePath });
    const strangers = new ConnectionLimit(limits, { clock: context.clock, log: scope.log });
    const options: RouterOptions = {
      ...context,
      log: scope.log,
      metrics,
      health: this.#health(context, stopping.signal),
      url: () => this.url,
      signal: stopping.signal,
      maxBodyBytes: limits.maxBodyBytes,
      admit: (socket) => strangers.admit(socket),
    };
    const server = createServer(
      {
        ...(await this.#secureContext()),
        ...loginTimes(limits),
        requestTimeout: REQUEST_TIMES * limits.loginTimeoutSeconds * 1000,
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => void serve(options, request, response),
    );
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    strangers.guard(server);
    server.on('secureConnection', (socket) => {
      if (socket.authorized) strangers.admit(socket);
      readThroughStream(socket);
    });
    server.on('tlsClientError', (error) => {
      metrics.handshakeFailed();
      scope.log.debug({ err: error }, 'a TLS handshake failed');
    });
    this.#port = await listen(server, { address, port }, 'the control plane', scope.log);
    this.#server = server;
    scope.defer(() => close(server, stopping, context.clock));
    scope.log.info({ url: this.url }, 'the API server listens');
  }
}

/**
 * Whoever writes on while a long answer is going out is made to wait, for which Node.js pauses its parser. Fed by the TLS layer directly, as it is where nobody listens, the
 * parser gets what was decrypted already nevertheless, calls that an error ("Parse Error: Paused") and cuts the connection; fed by the stream it does not.
 */
function readThroughStream(socket: Socket): void {
  socket.on('data', () => undefined);
}

async function serve(options: RouterOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const meter = options.metrics.begin(request);
  try {
    const answer = await route(options, request, response, meter);
    if (answer !== undefined) meter.end(answer.code, await finish(request, response, answer));
  } catch (error) {
    // Whoever is gone, or was cut off, before the request was there is owed no answer, and is no failure of ours.
    if (request.destroyed && !request.complete) return;
    const { status } = statusOf(error, options.log);
    if (response.headersSent) response.destroy();
    else meter.end(status.code, await finish(request, response, { code: status.code, value: status, mediaType: 'application/json' }));
  } finally {
    meter.leave();
  }
}

function finish(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<number> {
  // What is left of a body that nobody read must neither be waited for nor be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  return respond(request, response, answer);
}

/** Ends watches, lets requests finish that have begun, and closes. */
function close(server: Server, stopping: AbortController, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(CLOSE_GRACE_MS, () => server.closeAllConnections());
    server.close(() => {
      cancel();
      resolve();
    });
    stopping.abort();
    server.closeIdleConnections();
  });
}
