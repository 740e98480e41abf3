import type { Bus } from '../../../kernel/bus.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { ConnectionLimits } from '../../../kernel/connection-limit.ts';
import type { Logger } from '../../../kernel/log.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import { serveHub } from '../../../link/hub-server.ts';
import type { HubPeer, HubServer, HubSocket } from '../../../link/hub-server.ts';
import type { Refusal } from '../../../link/refuse.ts';
import { replyTo } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import type { CloudEvents } from '../events.ts';
import type { QueueLimits } from './ack-queue.ts';
import { destinationOf } from './dispatch.ts';
import type { Destination } from './dispatch.ts';
import { NodeSession } from './node-session.ts';
import { checkPeer, namesNoNode } from './peer-check.ts';
import { Unserved } from './unserved.ts';

/** Messages in flight to one edge, if it is kedge's. At 50 ms there and back these are 5,000 a second. */
const WINDOW = 256;
/** For edges beyond the limit: their handshakes must not cost those that are in. */
const FULL_RETRY_SECONDS = 30;

/** Takes a message of a node; the resource is in the form that it has on the wire, without `node/{NODE}/`. */
export type UpstreamHandler = (nodeName: string, message: Message) => Promise<void>;

export interface CloudHubDeps {
  readonly bus: Bus<CloudEvents>;
  readonly clock: Clock;
  readonly websocket: { readonly address: string; readonly port: number };
  readonly nodeLimit: number;
  readonly keepaliveIntervalSeconds: number;
  readonly maxMessageBytes: number;
  readonly limits: ConnectionLimits & QueueLimits;
  /** PEM: the CA that edges' certificates are of, and CloudHub's own pair. */
  readonly tls: () => { readonly ca: string; readonly cert: string; readonly key: string };
  /** False when a later enrolment has replaced this certificate of the node. `serial` as pki/certificate-info.ts writes it. */
  readonly acceptsCertificate: (nodeName: string, serial: string) => Promise<boolean>;
  /** The same of a certificate that names no node. */
  readonly acceptsNameless: (nodeName: string, serial: string) => Promise<boolean>;
  /** Whether edges of KubeEdge 1.15 and older come in. */
  readonly legacyEdges: boolean;
  /** Before a connection of the node is opened, whose edge has this store; undefined where it does not tell. */
  readonly admitStore: (nodeName: string, storeId: string | undefined) => Promise<void>;
  /** PEM of the Kubernetes API server's CA. */
  readonly kubernetesCa: () => string;
  /** Runs before an ack-mode message is sent for the first time. */
  readonly recordDelivery: UpstreamHandler;
  /** Default: a websocket server. */
  readonly serve?: typeof serveHub;
  /** Default: by its certificate. */
  readonly checkPeer?: typeof checkPeer;
  /** Modules that take messages. What nobody takes is dropped, and told in the log. */
  readonly handlers: Partial<Record<Destination, UpstreamHandler>>;
}

/** Holds the sessions of all edges: checks who connects, hands their messages on, and delivers the cloud's. */
export class CloudHub implements Module {
  readonly name = 'cloudhub';
  readonly #deps: CloudHubDeps;
  readonly #sessions = new Map<string, NodeSession>();
  /** Connections whose certificates are being looked up, unless their node was disconnected meanwhile. */
  readonly #checks = new Set<{ readonly nodeName: string }>();
  #server: HubServer | undefined;

  constructor(deps: CloudHubDeps) {
    this.#deps = deps;
  }

  async start(scope: Scope): Promise<void> {
    const { clock, websocket, maxMessageBytes, keepaliveIntervalSeconds, limits, serve = serveHub } = this.#deps;
    const interval = keepaliveIntervalSeconds * 1000;
    const period = Math.max(100, Math.round(interval / 30));
    // At the next look it would be too late.
    scope.defer(clock.every(period, () => this.#dropSilent(interval - period)));
    this.#server = await serve(scope, {
      ...websocket,
      maxMessageBytes,
      limits,
      clock,
      window: WINDOW,
      tls: this.#deps.tls(),
      authorise: (peer) => this.#authorise(scope, peer),
      onConnection: (peer, socket) => this.#open(scope, peer, socket),
    });
    scope.log.info({ port: this.#server.port }, 'CloudHub listens');
  }

  status(): ModuleStatus {
    const peers = [...this.#sessions].map(([name, { since, queued }]) => ({ name, connected: true, since, queued }));
    const queued = peers.reduce((sum, peer) => sum + peer.queued, 0);
    return { state: 'ok', facts: { port: this.port, sessions: peers.length }, queues: { unacknowledged: queued }, peers };
  }

  /** The port that edges reach; 0 before the start. */
  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** Goes over to the certificate that `tls` gives now; open sessions stay. */
  reloadCertificate(): void {
    this.#server?.useCertificate(this.#deps.tls());
  }

  connectedNodes(): string[] {
    return [...this.#sessions.keys()];
  }

  /**
   * Sends to a node as the message demands: once, or until it is acknowledged. False when the node is away, the message is not
   * newer than what is queued, or the queue is full; for objects the SyncController makes up for all of that.
   */
  send(nodeName: string, message: Message): boolean {
    return this.#sessions.get(nodeName)?.send(message) ?? false;
  }

  /** Ends a node's session; its edge may come back at once. */
  disconnect(nodeName: string, reason: string): void {
    for (const check of this.#checks) if (check.nodeName === nodeName) this.#checks.delete(check);
    this.#sessions.get(nodeName)?.close(reason);
  }

  async #authorise(scope: Scope, peer: HubPeer): Promise<Refusal | undefined> {
    const refusal = await this.#check(scope, peer);
    if (refusal !== undefined) return refusal;
    if (this.#sessions.size < this.#deps.nodeLimit || this.#sessions.has(peer.nodeId)) return undefined;
    scope.log.warn({ node: peer.nodeId, nodeLimit: this.#deps.nodeLimit }, 'refused: cloudHub.nodeLimit sessions are open');
    return { status: 503, text: `the cloud has reached its limit of ${this.#deps.nodeLimit} nodes`, retryAfterSeconds: FULL_RETRY_SECONDS };
  }

  /** Whoever loses the name while the check goes on must not slip in: the check is made again. */
  async #check(scope: Scope, peer: HubPeer): Promise<Refusal | undefined> {
    const { checkPeer: checkIdentity = checkPeer } = this.#deps;
    for (;;) {
      const check = { nodeName: peer.nodeId };
      this.#checks.add(check);
      let refusal: Refusal | undefined;
      let isStillWanted: boolean;
      try {
        refusal = await checkIdentity(peer, this.#deps, scope.log);
        if (refusal === undefined) await this.#deps.admitStore(peer.nodeId, peer.storeId);
      } finally {
        isStillWanted = this.#checks.delete(check);
      }
      if (isStillWanted || refusal !== undefined) return refusal;
    }
  }

  #open(scope: Scope, peer: HubPeer, socket: HubSocket): void {
    const { clock, bus, maxMessageBytes, limits } = this.#deps;
    const nodeName = peer.nodeId;
    const log = scope.log.child({ node: nodeName });
    const unserved = new Unserved(clock, log);
    const session: NodeSession = new NodeSession({
      nodeName,
      socket,
      clock,
      log,
      maxMessageBytes,
      queue: limits,
      window: peer.window,
      onMessage: (message) =>
        this.#dispatch(session, message, log, unserved).catch((error: unknown) => {
          log.error({ err: error, route: message.route }, 'a message of the edge could not be handled');
        }),
      onAcked: (message) => void bus.emit('messageAcked', { nodeName, message }),
      recordDelivery: (message) => this.#deps.recordDelivery(nodeName, message),
    });
    socket.onText = (text) => session.receive(text);
    socket.onClose = (reason) => this.#closed(session, scope, reason);
    const previous = this.#sessions.get(nodeName);
    this.#sessions.set(nodeName, session);
    previous?.close('replaced by a newer connection of this node');
    log.info(
      { remote: peer.remoteAddress, projectId: peer.projectId, window: peer.window, replaced: previous !== undefined },
      'edge connected',
    );
    void bus.emit('nodeConnected', { nodeName, localAddress: peer.localAddress, isLegacy: namesNoNode(peer.certificate) });
  }

  #closed(session: NodeSession, scope: Scope, reason: string): void {
    session.close(reason);
    scope.log.info({ node: session.nodeName, reason }, 'edge disconnected');
    if (this.#sessions.get(session.nodeName) !== session) return;
    this.#sessions.delete(session.nodeName);
    void this.#deps.bus.emit('nodeDisconnected', { nodeName: session.nodeName });
  }

  async #dispatch(session: NodeSession, message: Message, log: Logger, unserved: Unserved): Promise<void> {
    const destination = destinationOf(message);
    const handler = this.#deps.handlers[destination];
    if (destination === 'keepalive') session.keepalive();
    else if (destination === 'control') session.send(replyTo(message, 'ack'));
    else if (destination === 'ack') session.ack(message.header.parent_msg_id ?? '');
    else if (destination === 'error') log.warn({ resource: message.route.resource, text: errorText(message) }, 'the edge reports an error');
    else if (destination === 'kubernetesCa') session.send(this.#answerCa(message));
    else if (handler === undefined) unserved.note(destination, message);
    else await handler(session.nodeName, message);
  }

  #answerCa(message: Message): Message {
    return replyTo(message, this.#deps.kubernetesCa(), { source: 'cloudhub', group: 'resource' });
  }

  #dropSilent(longest: number): void {
    for (const session of this.#sessions.values()) {
      if (session.silence > longest) session.close(`no keepalive for ${this.#deps.keepaliveIntervalSeconds} s`);
    }
  }
}

function errorText({ content }: Message): string {
  return (typeof content === 'string' ? content : '').slice(0, 500);
}
