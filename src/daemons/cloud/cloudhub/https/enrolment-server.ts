import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import type { Clock } from '../../../../kernel/clock.ts';
import { ConnectionLimit, loginTimes } from '../../../../kernel/connection-limit.ts';
import type { ConnectionLimits } from '../../../../kernel/connection-limit.ts';
import { KedgeError } from '../../../../kernel/errors.ts';
import { listen } from '../../../../kernel/listen.ts';
import type { Listener } from '../../../../kernel/listen.ts';
import type { ErrorCode } from '../../../../kernel/errors.ts';
import type { Logger } from '../../../../kernel/log.ts';
import type { Module, ModuleStatus, Scope } from '../../../../kernel/module.ts';
import { toKedgeError } from '../../../../kube/api-error.ts';
import { MAX_CSR_BYTES } from '../../../../pki/csr.ts';
import type { KeyPair } from '../../../../pki/key-pair.ts';
import { pemToDer } from '../../../../pki/pem.ts';
import { readBody } from '../../../../link/read-body.ts';
import { parseJson } from '../../../../protocol/json.ts';
import { isNodeName } from '../../../../protocol/node-name.ts';
import type { Enrolment } from './enrolment.ts';

const CLIENT_AUTH = 2;

export interface EnrolmentServerDeps {
  readonly listen: Listener;
  /** Nobody logs in here: they hold for every connection. */
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly ca: KeyPair;
  /** CloudHub's own certificate. */
  readonly server: () => KeyPair;
  readonly enrolment: Enrolment;
  /** Where CloudHub's websocket listens; told to edges in the header Kedge-Websocket-Port. */
  readonly websocketPort: () => number;
}

interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** CloudHub's HTTPS API (KubeEdge's port 10002): CA, edge certificates, and whether a name is taken. */
export class EnrolmentServer implements Module {
  readonly name = 'cloudhub-https';
  readonly #deps: EnrolmentServerDeps;
  #port: number | undefined;
  #server: Server | undefined;

  constructor(deps: EnrolmentServerDeps) {
    this.#deps = deps;
  }

  async start(scope: Scope): Promise<void> {
    const { listen: listener, limits, clock } = this.#deps;
    // Client certificates are asked for and looked at by the handlers: an edge has none before it is enrolled.
    const tls = { ...this.#secureContext(), requestCert: true, rejectUnauthorized: false } as const;
    const server = createServer(
      { ...tls, ...loginTimes(limits), requestTimeout: limits.loginTimeoutSeconds * 1000 },
      (request, response) => {
        void this.#serve(request, response, scope.log);
      },
    );
    new ConnectionLimit(limits, { clock, log: scope.log }).guard(server);
    this.#port = await listen(server, listener, 'enrolment at CloudHub', scope.log);
    this.#server = server;
    scope.defer(() => closeServer(server));
    scope.log.info({ address: listener.address, port: this.#port }, 'edges can enrol');
  }

  /** Goes over to the certificate that `server` gives now; open connections stay. */
  reloadCertificate(): void {
    this.#server?.setSecureContext(this.#secureContext());
  }

  #secureContext(): SecureContextOptions {
    const { certPem, keyPem } = this.#deps.server();
    return { cert: certPem, key: keyPem, minVersion: 'TLSv1.2' };
  }

  status(): ModuleStatus {
    return { state: 'ok', facts: { port: this.#port } };
  }

  async #serve(request: IncomingMessage, response: ServerResponse, log: Logger): Promise<void> {
    const answer = await this.#route(request, log).catch((error: unknown) => failure(error, log));
    const type = typeof answer.body === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
    // A body that was not read to its end cannot be followed by another request.
    const rest = request.complete ? {} : { Connection: 'close' };
    response.writeHead(answer.status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(answer.body),
      ...answer.headers,
      ...rest,
    });
    response.end(answer.body);
  }

  async #route(request: IncomingMessage, log: Logger): Promise<Answer> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const node = /^\/node\/([^/]*)$/.exec(path);
    if (path !== '/ca.crt' && path !== '/edge.crt' && node === null) return { status: 404, body: '404: Page Not Found' };
    if (request.method !== 'GET') return { status: 405, body: '405: Method Not Allowed', headers: { Allow: 'GET' } };
    if (node !== null) return this.#node(node[1] ?? '');
    if (path === '/ca.crt') return { status: 200, body: pemToDer(this.#deps.ca.certPem), headers: this.#hub() };
    return this.#edgeCertificate(request, log);
  }

  async #edgeCertificate(request: IncomingMessage, log: Logger): Promise<Answer> {
    const { enrolment } = this.#deps;
    const nodeName = headerOf(request, 'nodename');
    checkUsages(headerOf(request, 'extkeyusages'));
    const presented = presentedCertificate(request);
    const right =
      presented === undefined
        ? await enrolment.byToken(request.headers.authorization, nodeName)
        : await enrolment.byCertificate(presented, nodeName);
    const csr = await readBody(request, MAX_CSR_BYTES);
    if (csr === undefined) return { status: 413, body: `the certificate request is larger than ${MAX_CSR_BYTES} bytes` };
    // So an edge asks whether its certificate is still taken; that is nothing to be warned of.
    if (presented !== undefined && csr.length === 0)
      return { status: 400, body: 'the certificate is accepted, the certificate request is empty' };
    return { status: 200, body: await enrolment.sign(right, nodeName, csr, log), headers: this.#hub() };
  }

  /** keadm join asks this first and goes on only after a 404. A Node that was registered beforehand and never enrolled is still free. */
  async #node(name: string): Promise<Answer> {
    if (!isNodeName(name)) return { status: 400, body: 'invalid node name' };
    return (await this.#deps.enrolment.isTaken(name)) ? { status: 200, body: 'Node founded' } : { status: 404, body: 'Node not found' };
  }

  #hub(): Record<string, string> {
    return { 'Kedge-Websocket-Port': String(this.#deps.websocketPort()) };
  }
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** Header ExtKeyUsages: a JSON array of Go's x509.ExtKeyUsage; absent means [2], clientAuth. A server certificate could pass for the cloud. */
function checkUsages(header: string): void {
  if (header === '') return;
  let usages: unknown;
  try {
    usages = parseJson(header);
  } catch {
    throw new KedgeError('INVALID_INPUT', 'the header ExtKeyUsages is not JSON');
  }
  if (!Array.isArray(usages) || usages.length === 0)
    throw new KedgeError('INVALID_INPUT', 'the header ExtKeyUsages is not a list of usages');
  if (usages.some((usage) => usage !== CLIENT_AUTH))
    throw new KedgeError('PERMISSION', 'edge certificates are for client authentication only');
}

function presentedCertificate(request: IncomingMessage): Buffer | undefined {
  if (!(request.socket instanceof TLSSocket)) return undefined;
  // The types promise a certificate; without one Node gives an empty object.
  const certificate = request.socket.getPeerCertificate() as { raw?: Buffer } | null;
  return certificate?.raw;
}

const STATUSES: Partial<Record<ErrorCode, number>> = {
  AUTH: 401,
  PERMISSION: 403,
  CONFLICT: 409,
  CERTIFICATE: 400,
  INVALID_INPUT: 400,
  UNREACHABLE: 503,
  TIMEOUT: 503,
};

function failure(error: unknown, log: Logger): Answer {
  const known = toKedgeError(error);
  const status = STATUSES[known.code] ?? 500;
  if (status >= 500 || !(error instanceof KedgeError)) {
    log.error({ err: error }, 'an enrolment request failed');
    return { status: Math.max(status, 500), body: 'the cloud cannot answer now' };
  }
  log.warn({ status, reason: known.message }, 'refused an enrolment request');
  return { status, body: known.hint === undefined ? known.message : `${known.message}; ${known.hint}` };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
