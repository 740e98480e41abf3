import { Backoff } from '../../../kernel/backoff.ts';
import type { Bus } from '../../../kernel/bus.ts';
import { sleep } from '../../../kernel/clock.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { KedgeError, messageOf } from '../../../kernel/errors.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import { HubRefusal } from '../../../link/hub-client.ts';
import type { HubConnection } from '../../../link/hub-client.ts';
import { newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { parseHostPort } from '../../../protocol/host-port.ts';
import { proxyFor } from '../../../protocol/proxy.ts';
import type { EdgeEvents } from '../events.ts';
import { daysLeft } from '../../../pki/lifetime.ts';
import type { Validity } from '../../../pki/lifetime.ts';
import { dialCloud } from './dial.ts';
import type { Dial, DialTarget } from './dial.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Handlers } from './dispatcher.ts';
import { Inbox } from './inbox.ts';
import { Outgoing } from './outgoing.ts';
import { Rotation } from './rotation.ts';
import { Waiters } from './waiters.ts';

export interface EdgeHubOptions extends DialTarget {
  /** `https://host:port` of CloudHub's HTTPS server. */
  readonly httpServer: string;
  readonly heartbeatSeconds: number;
}

export interface EdgeHubDeps extends Handlers {
  readonly bus: Bus<EdgeEvents>;
  readonly clock: Clock;
  readonly random?: () => number;
  /** Of the database in which what arrives is stored. */
  readonly storeId: () => string;
  /** A connection has ended while so many uploads, or none, waited for their turn. */
  readonly onUploadsLost?: (count: number) => void;
  /** Default: the websocket of `options`, with a certificate that is renewed in time. */
  readonly dial?: Dial;
}

interface Session {
  readonly connection: HubConnection;
  readonly outgoing: Outgoing;
  readonly since: number;
}

const WEBSOCKET_PORT = 10_000;
const FIRST_RETRY_MS = 500;
/** Short enough for a Node to be Ready within 5 s of the cloud's return. */
const LONGEST_RETRY_MS = 2_500;
/** A refusal needs a person; there is no point in asking often. */
const LONGEST_RETRY_REFUSED_MS = 30_000;
/** A session that ends sooner was no success: its successor is delayed further. */
const STABLE_SESSION_MS = 10_000;

/** The edge's end of the websocket to CloudHub: keeps it open, sends, and hands on what arrives. */
export class EdgeHub implements Module {
  readonly name = 'edgehub';
  readonly #options: EdgeHubOptions;
  readonly #deps: EdgeHubDeps;
  readonly #waiters: Waiters;
  #session: Session | undefined;
  #isKedgeCloud = true;
  #lastError: string | undefined;
  #validity: Validity | undefined;
  readonly #rotation: Rotation;
  /** Ends the wait before the next dial. */
  #redialNow = new AbortController();

  constructor(options: EdgeHubOptions, deps: EdgeHubDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#waiters = new Waiters(deps.clock);
    this.#rotation = new Rotation(options, { clock: deps.clock, random: deps.random ?? Math.random, onRenewed: () => this.#redial() });
  }

  start(scope: Scope): Promise<void> {
    const stop = new AbortController();
    const dispatcher = new Dispatcher(this.#deps, this.#waiters, (message) => this.send(message), scope.log);
    const inbox = new Inbox((text) => dispatcher.handle(text));
    const running = [this.#run(scope, inbox, AbortSignal.any([scope.signal, stop.signal]))];
    if (this.#deps.dial === undefined) running.push(this.#rotation.run(scope.log));
    scope.defer(async () => {
      stop.abort();
      this.#rotation.stop();
      await this.#session?.connection.close();
      await Promise.all(running);
    });
    return Promise.resolve();
  }

  get connected(): boolean {
    return this.#session !== undefined;
  }

  /** Whether the cloud of this session, or of the last one, is kedge's. */
  get isKedgeCloud(): boolean {
    return this.#isKedgeCloud;
  }

  /** This machine's address on the route to the cloud, while connected. */
  get localAddress(): string | undefined {
    return this.#session?.connection.localAddress;
  }

  /** Hands the message to the network, in its turn. @returns false when the cloud is away or takes nothing more */
  send(message: Message): boolean {
    return this.#session?.outgoing.send(message) ?? false;
  }

  /**
   * Sends and resolves with the message whose parent_msg_id is the request's id, be it a response or an error.
   * @throws KedgeError UNREACHABLE when the cloud is or goes away, TIMEOUT
   */
  request(message: Message, options: { timeoutMs: number; signal: AbortSignal }): Promise<Message> {
    const answer = this.#waiters.wait(message, options);
    if (!this.send(message)) this.#waiters.fail(message, 'the cloud is not connected, or takes nothing more');
    return answer;
  }

  /**
   * Renews the certificate now and goes over to it.
   * @returns from when until when it is good
   * @throws KedgeError AUTH, CERTIFICATE, UNREACHABLE; the old one stays
   */
  renewCertificate(): Promise<Validity> {
    return this.#rotation.renew();
  }

  status(): ModuleStatus {
    const { websocketServer: server } = this.#options;
    const proxy = this.#proxy;
    const trouble = this.#rotation.trouble;
    const renewal = trouble && [trouble.message, trouble.hint].filter((part) => part !== undefined).join('; ');
    const facts = {
      connected: this.connected,
      server,
      ...(proxy === undefined ? {} : { proxy }),
      ...(this.#session === undefined ? {} : { since: new Date(this.#session.since).toISOString() }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      ...(this.#validity && {
        certificateDaysLeft: daysLeft(this.#validity, this.#deps.clock.now()),
        certificateExpiresAt: this.#validity.notAfter.toISOString(),
      }),
      ...(renewal === undefined ? {} : { certificateRenewal: renewal }),
    };
    const peers = [{ name: server, connected: this.connected, ...(facts.since !== undefined && { since: facts.since }) }];
    const told = { facts, peers };
    if (!this.connected) return { state: 'degraded', detail: renewal ?? this.#lastError ?? `connecting to ${server}`, ...told };
    if (renewal !== undefined) return { state: 'degraded', detail: `the certificate could not be renewed: ${renewal}`, ...told };
    const what = this.#isKedgeCloud ? '' : ', a cloud of KubeEdge';
    return { state: 'ok', detail: `connected to ${server}${what}${proxy === undefined ? '' : ` through the proxy ${proxy}`}`, ...told };
  }

  /** The proxy on the way to the websocket, without user and password. */
  get #proxy(): string | undefined {
    const { host, port } = parseHostPort(this.#options.websocketServer, WEBSOCKET_PORT);
    return proxyFor(host, port, this.#options)?.name;
  }

  /** Goes over to the credentials that are on disk now. What was not confirmed on the old connection is sent again on the new one. */
  #redial(): void {
    this.#redialNow.abort();
    void this.#session?.connection.close();
  }

  async #run(scope: Scope, inbox: Inbox, signal: AbortSignal): Promise<void> {
    const { random = Math.random, clock } = this.#deps;
    const away = new Backoff({ initialMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_MS, random });
    const refused = new Backoff({ initialMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_REFUSED_MS, random });
    while (!signal.aborted) {
      let backoff = away;
      let atLeastMs = 0;
      this.#redialNow = new AbortController();
      try {
        const connection = await this.#dial(inbox, signal);
        // The certificate was renewed during the dial.
        if (this.#redialNow.signal.aborted) void connection.close();
        const lasted = await this.#hold(connection, scope, inbox);
        if (lasted >= STABLE_SESSION_MS) away.reset();
        refused.reset();
      } catch (error) {
        if (error instanceof KedgeError && error.code === 'AUTH') backoff = refused;
        // Not all at the same moment.
        if (error instanceof HubRefusal) atLeastMs = error.retryAfterMs * (0.5 + random() / 2);
        this.#failed(scope, error);
      }
      await sleep(Math.max(backoff.next(), atLeastMs), AbortSignal.any([signal, this.#redialNow.signal]), clock).catch(() => undefined);
    }
  }

  #dial(inbox: Inbox, signal: AbortSignal): Promise<HubConnection> {
    const { clock, storeId, dial = dialCloud(this.#options) } = this.#deps;
    return dial({
      storeId: storeId(),
      clock,
      signal,
      onCredentials: (validity) => (this.#validity = validity),
      onText: (text) => {
        inbox.add(text);
      },
    });
  }

  /** Lives one session to its end. @returns how long it lasted, ms */
  async #hold(connection: HubConnection, scope: Scope, inbox: Inbox): Promise<number> {
    const { clock, bus } = this.#deps;
    const begun = clock.elapsed();
    const outgoing = new Outgoing(connection, clock);
    this.#session = { connection, outgoing, since: clock.now() };
    this.#isKedgeCloud = connection.isKedge;
    this.#lastError = undefined;
    inbox.attach(connection);
    this.#keepalive();
    const stopHeartbeat = clock.every(this.#options.heartbeatSeconds * 1000, () => {
      this.#keepalive();
    });
    const { localAddress, window, isKedge } = connection;
    scope.log.info({ server: this.#options.websocketServer, localAddress, window, isKedge }, 'connected to the cloud');
    const ended = connection.closed.then((why) => {
      const reason = this.#redialNow.signal.aborted ? 'the certificate was renewed' : why;
      stopHeartbeat();
      this.#deps.onUploadsLost?.(outgoing.close());
      this.#session = undefined;
      this.#lastError = reason;
      this.#waiters.failAll(reason);
      return reason;
    });
    await bus.emit('cloudConnected', {});
    scope.log.warn({ reason: await ended }, 'disconnected from the cloud');
    await bus.emit('cloudDisconnected', {});
    return clock.elapsed() - begun;
  }

  #keepalive(): void {
    this.send(newMessage({ source: 'websocket', group: 'resource', operation: 'keepalive', resource: 'node' }, 'ping'));
  }

  /** Logs what is new; an outage is not told again at every dial. */
  #failed(scope: Scope, error: unknown): void {
    const text = messageOf(error);
    if (text === this.#lastError) return;
    this.#lastError = text;
    scope.log.warn({ reason: text, hint: error instanceof KedgeError ? error.hint : undefined }, 'the cloud cannot be reached');
  }
}
