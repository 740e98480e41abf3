import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Aedes } from 'aedes';
import type { Client } from 'aedes';
import type { Clock } from '../kernel/clock.ts';
import { systemClock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Scope } from '../kernel/module.ts';
import type { Access } from './access.ts';
import { Gate } from './gate.ts';
import { Listeners } from './listeners.ts';
import type { BrokerListener, ConnectionLimits } from './listeners.ts';
import type { MqttMessage } from './message.ts';
import { Persistence } from './persistence.ts';
import type { StorageLimits } from './persistence.ts';
import { RateLimit } from './rate-limit.ts';
import type { Journal, SessionStore } from './session-store.ts';

/** What a client publishes. */
export type Publish = MqttMessage;

/** As aedes hands it over. */
interface Incoming extends Publish {
  payload: Buffer;
  readonly messageId?: number;
}

export type BrokerLimits = Omit<ConnectionLimits, 'maxPacketBytes'> &
  StorageLimits & {
    /** For the first packet of a connection. */
    readonly connectTimeoutSeconds: number;
    /** Of one client, which is slowed to it; 0: no limit. */
    readonly publishesPerSecond: number;
  };

export interface BrokerOptions {
  readonly listen: readonly BrokerListener[];
  readonly maxPacketBytes: number;
  readonly limits: BrokerLimits;
  readonly access: Access;
  readonly store: SessionStore;
  readonly journal: Journal;
  readonly clock?: Clock;
  /**
   * Runs for each publication of a client before it is acknowledged or delivered; undefined if there is nothing to wait for.
   * If it rejects, the publication is neither acknowledged nor delivered, and the client is disconnected so that it tries again.
   */
  readonly commit: (clientId: string, packet: Publish) => Promise<void> | undefined;
  /** Runs when a client has subscribed these filters, so that it gets what is published from now on. */
  readonly subscribed?: (filters: readonly string[]) => void;
}

interface Running {
  readonly aedes: Aedes;
  readonly persistence: Persistence;
  readonly gate: Gate;
  readonly listeners: Listeners;
}

/** A client that has read nothing for so long is disconnected; until then it slows those who publish to it. */
const DRAIN_TIMEOUT_MS = 2_000;
const EXPIRY_CHECK_MS = 3_600_000;

/**
 * The embedded MQTT 3.1.1 broker. Retained messages and the sessions that outlive their connection are on disk: what was acknowledged
 * survives a crash.
 */
export class Broker {
  readonly #options: BrokerOptions;
  readonly #clock: Clock;
  readonly #rate: RateLimit;
  /** What each client's next publication must wait for: they are let through in the order in which they came. */
  readonly #turns = new WeakMap<Client, Promise<void>>();
  #running: Running | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#rate = new RateLimit(options.limits.publishesPerSecond, this.#clock);
  }

  /** Listens on every address. @throws KedgeError PORT_IN_USE, PERMISSION, INVALID_INPUT or CERTIFICATE */
  async start(scope: Scope): Promise<void> {
    const { listen, limits, maxPacketBytes } = this.#options;
    const { persistence, gate } = this.#assemble(scope);
    const aedes = await Aedes.createBroker({
      persistence,
      drainTimeout: DRAIN_TIMEOUT_MS,
      connectTimeout: limits.connectTimeoutSeconds * 1_000,
      // None: aedes would let a hundred deliveries that wait for slow readers hold up all others.
      concurrency: 0,
      preConnect: (client, packet, done) => gate.preConnect(client, packet, done),
      authenticate: (client, username, password, done) => gate.authenticate(client, username, password, done),
      authorizeSubscribe: (client, subscription, done) => gate.authorizeSubscribe(client, subscription, done),
      authorizeForward: (client, packet) => gate.authorizeForward(client, packet),
      authorizePublish: (client, packet, done) => this.#authorize(client, packet as unknown as Incoming, done),
    });
    const listeners = new Listeners({ ...limits, maxPacketBytes }, (socket: Socket, peer) => {
      gate.meet(socket, peer);
      this.#rate.watch(socket);
      aedes.handle(socket);
    });
    this.#running = { aedes, persistence, gate, listeners };
    scope.defer(() => new Promise<void>((resolve) => aedes.close(resolve)));
    this.#observe(scope, aedes, gate);
    for (const will of persistence.orphans) await this.#bury(will);
    for (const address of listen) await listeners.open(scope, address);
  }

  /** Where it listens, with the ports that were really taken. */
  get addresses(): readonly BrokerListener[] {
    return this.#running?.listeners.addresses ?? [];
  }

  /** Connected clients. */
  get clients(): number {
    return this.#running?.aedes.connectedClients ?? 0;
  }

  /** What it keeps, and what it had no room for. */
  get kept(): Readonly<Record<string, number>> {
    const { persistence } = this.#running ?? {};
    if (persistence === undefined) return {};
    const { outgoing, retained, sessions } = persistence;
    return { sessions: sessions.size, queued: outgoing.size.messages, retained: retained.size.messages, dropped: outgoing.dropped };
  }

  /** Publishes on behalf of the edge itself: `commit` is not asked. Before the start nobody could hear it. */
  publish(topic: string, payload: string | Buffer, { qos = 1, retain = false }: Partial<Pick<Publish, 'qos' | 'retain'>> = {}): void {
    void this.deliver({ topic, payload: Buffer.from(payload), qos, retain }, false).catch(() => undefined);
  }

  /**
   * Publishes what came from another broker: `commit` is not asked. Resolves once it is kept for every session that wants it.
   * @param isAwaited false: it is published at once, and kept soon
   */
  async deliver({ topic, payload, qos, retain }: Publish, isAwaited = true): Promise<void> {
    if (this.#running === undefined) return;
    const { aedes, persistence } = this.#running;
    const packet = { topic, payload: payload.length === 0 ? Buffer.alloc(0) : payload, qos, retain };
    const { done } = persistence.keep(packet);
    if (isAwaited) await done;
    else done?.catch(() => undefined);
    await new Promise<void>((resolve, reject) =>
      aedes.publish({ cmd: 'publish', dup: false, ...packet }, (error) => (error ? reject(error) : resolve())),
    );
  }

  /** Disconnects the clients of a user, and forgets what waits for them. */
  dropUser(username: string): void {
    const { gate, persistence } = this.#running ?? {};
    for (const client of gate?.clientsOf(username) ?? []) client.close();
    for (const client of persistence?.sessions.ofUser(username) ?? []) persistence?.forget(client);
  }

  #assemble(scope: Scope): { persistence: Persistence; gate: Gate } {
    const { store, journal, limits, access } = this.#options;
    const persistence: Persistence = new Persistence({
      store,
      journal,
      limits,
      clock: this.#clock,
      failed: (error) => scope.log.error({ err: error }, 'the MQTT broker could not write'),
      maySubscribe: (client, filter) => access.maySubscribe({ username: gate.userOf(client), clientId: client.id }, filter),
      userOf: (client) => gate.userOf(client),
    });
    const gate = new Gate({ access, persistence, limits, log: scope.log });
    const cancel = this.#clock.every(EXPIRY_CHECK_MS, () => persistence.sessions.expired().forEach((client) => persistence.forget(client)));
    scope.defer(cancel);
    scope.defer(() => journal.flush());
    persistence.sessions.expired().forEach((client) => persistence.forget(client));
    return { persistence, gate };
  }

  #observe(scope: Scope, aedes: Aedes, gate: Gate): void {
    (aedes as EventEmitter).on('error', (error) => scope.log.error({ err: error as unknown }, 'the MQTT broker failed to deliver'));
    const noteLoss = (client: Client, error: Error): void => {
      scope.log.warn({ client: client.id, reason: messageOf(error) }, 'an MQTT client was disconnected');
    };
    aedes.on('clientError', noteLoss);
    aedes.on('connectionError', noteLoss);
    aedes.on('clientDisconnect', (client) => gate.leave(client));
    aedes.on('subscribe', (subscriptions) => this.#options.subscribed?.(subscriptions.map(({ topic }) => topic)));
  }

  /** The will of a client that was connected when the last process died. */
  async #bury(will: { client: string; username: string } & Publish): Promise<void> {
    const { client, username, topic, payload, qos, retain } = will;
    const { access, commit, store, journal } = this.#options;
    if (isPublishable(topic) && access.mayPublish({ username, clientId: client }, topic)) {
      await commit(client, { topic, payload, qos, retain });
      await this.deliver({ topic, payload, qos, retain });
    }
    await journal.run(() => store.removeWill(client));
  }

  #authorize(client: Client | null, packet: Incoming, done: (error?: Error | null) => void): void {
    const { gate } = this.#running ?? {};
    // Aedes does not look at the topics of wills.
    if (client === null || !isPublishable(packet.topic) || gate?.mayPublish(client, packet.topic) !== true) {
      done(new Error(`${packet.topic} is not to be published to by this client, or no topic at all`));
      return;
    }
    this.#rate.count(client);
    // The payload stands for the message from here on, so each has its own.
    if (packet.payload.length === 0) packet.payload = Buffer.alloc(0);
    const { work, undo } = this.#take(client, packet);
    const before = this.#turns.get(client);
    if (work.length === 0 && before === undefined) done(null);
    else this.#inTurn(client, { work, before, undo }, done);
  }

  /** Begins what must be on disk before the acknowledgement; nothing for a repetition. */
  #take(client: Client, packet: Incoming): { work: Promise<void>[]; undo: () => void } {
    const { incoming } = this.#persistence;
    const isRepeated = packet.qos === 2 && packet.messageId !== undefined && incoming.has(client.id, packet.messageId);
    if (isRepeated) return { work: [], undo: () => undefined };
    const committed = this.#options.commit(client.id, packet);
    const { done, undo } = this.#persistence.keep(packet, client);
    return { work: [committed, done].filter((part) => part !== undefined), undo };
  }

  get #persistence(): Persistence {
    if (this.#running === undefined) throw new Error('the broker is not started');
    return this.#running.persistence;
  }

  #inTurn(
    client: Client,
    { work, before, undo }: { work: Promise<void>[]; before: Promise<void> | undefined; undo: () => void },
    done: (error?: Error | null) => void,
  ): void {
    const turn = Promise.allSettled([...work, before]).then((outcomes) => {
      if (this.#turns.get(client) === turn) this.#turns.delete(client);
      const failure = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failure !== undefined) undo();
      done(failure === undefined ? null : new Error('not stored, not acknowledged', { cause: failure.reason }));
    });
    this.#turns.set(client, turn);
  }
}

function isPublishable(topic: string): boolean {
  return topic !== '' && !topic.startsWith('$SYS/') && !/[+#\0]/.test(topic);
}
