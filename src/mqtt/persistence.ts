import { Readable } from 'node:stream';
import type { Clock } from '../kernel/clock.ts';
import { IncomingIds } from './incoming-ids.ts';
import type { MqttMessage } from './message.ts';
import { OutgoingQueues } from './outgoing-queues.ts';
import type { QueueLimits } from './outgoing-queues.ts';
import { Retained } from './retained.ts';
import type { RetainedLimits } from './retained.ts';
import type { Journal, SessionStore, StoredWill } from './session-store.ts';
import { Sessions } from './sessions.ts';
import type { SessionLimits } from './sessions.ts';

export type StorageLimits = QueueLimits & RetainedLimits & SessionLimits;

/** A client as aedes hands it in. */
interface ClientRef {
  readonly id: string;
  readonly clean?: boolean;
}

interface Packet {
  readonly cmd?: string;
  readonly topic: string;
  payload: Buffer;
  qos: number;
  readonly retain: boolean;
  readonly messageId?: number;
}

/** What of a publication must be on disk before it is acknowledged. */
export interface Kept {
  /** Undefined: nothing is written, or nobody waits for it. */
  readonly done: Promise<void> | undefined;
  readonly undo: () => void;
}

export interface PersistenceDeps {
  readonly store: SessionStore;
  readonly journal: Journal;
  readonly limits: StorageLimits;
  readonly clock: Clock;
  /** A write that nobody waits for was refused by the disk. */
  readonly failed: (error: unknown) => void;
  /** False for filters that this client may not subscribe. */
  readonly maySubscribe: (client: ClientRef, filter: string) => boolean;
  /** The user of a connected client; empty: anonymous. */
  readonly userOf: (client: ClientRef) => string;
}

/**
 * What aedes asks of a persistence, on SQLite. Aedes acknowledges a publication before it enqueues it; so it is kept before aedes
 * is let on, and what aedes enqueues later is on disk already.
 */
export class Persistence {
  readonly #deps: PersistenceDeps;
  readonly #wills = new Map<string, StoredWill>();
  readonly #stored = new WeakSet<object>();
  readonly sessions: Sessions;
  readonly incoming: IncomingIds;
  readonly outgoing: OutgoingQueues;
  readonly retained: Retained;
  /** The wills of those who were connected when the last process died. */
  readonly orphans: readonly StoredWill[];

  constructor(deps: PersistenceDeps) {
    const { store, journal, limits, clock, failed } = deps;
    this.#deps = deps;
    this.sessions = new Sessions(store, journal, limits, clock, failed);
    this.incoming = new IncomingIds(store, journal);
    this.outgoing = new OutgoingQueues(store, journal, limits, failed);
    this.retained = new Retained(store, journal, limits);
    this.orphans = store.wills();
  }

  /** Aedes calls it at its start. */
  async setup(): Promise<void> {
    await Promise.resolve();
  }

  /** Keeps a publication; at most once for each payload. Without `publisher` it is the edge's own. */
  keep(packet: MqttMessage & { readonly messageId?: number }, publisher?: ClientRef): Kept {
    const { topic, payload, qos, retain, messageId } = packet;
    const isTracked = publisher !== undefined && qos === 2 && messageId !== undefined;
    const writes = [
      qos > 0 ? this.outgoing.keep(packet, this.sessions.wanting(topic), publisher?.id ?? '') : undefined,
      retain ? this.retained.accept({ topic, payload, qos }) : undefined,
      isTracked ? this.incoming.take({ id: publisher.id, clean: publisher.clean !== false }, messageId) : undefined,
    ].filter((write) => write !== undefined);
    const undo = (): void => {
      this.outgoing.withdraw(packet);
      if (isTracked) this.incoming.drop(publisher.id, messageId);
    };
    if (writes.length === 0) return { done: undefined, undo };
    const all = (): void => writes.forEach((write) => write());
    if (qos > 0) return { done: this.#deps.journal.run(all), undo };
    this.#deps.journal.later(all, this.#deps.failed);
    return { done: undefined, undo };
  }

  /** Forgets a session with all that waits for it. */
  forget(client: string): void {
    this.outgoing.forget(client);
    this.incoming.forget(client);
    if (this.sessions.has(client)) this.sessions.forget(client);
  }

  /** A client is gone; a session without any use goes with it. */
  leave(client: ClientRef): void {
    this.outgoing.settle(client.id);
    if (client.clean !== false) return;
    if (this.sessions.isUsed(client.id) || this.incoming.hasAny(client.id)) this.sessions.leave(client.id);
    else this.forget(client.id);
  }

  async storeRetained(): Promise<void> {
    // `keep` has done it.
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return this.retained.matching(filters);
  }

  createRetainedStream(filter: string): Readable {
    return this.retained.matching([filter]);
  }

  /** Aedes hands in the whole list once for each of its filters, and those that were refused with it. */
  async addSubscriptions(client: ClientRef, subscriptions: readonly { topic: string; qos: number }[]): Promise<void> {
    if (this.#stored.has(subscriptions)) return;
    this.#stored.add(subscriptions);
    const allowed = subscriptions.filter(({ topic, qos }) => qos < 3 && this.#deps.maySubscribe(client, topic));
    await this.sessions.subscribe(client.id, allowed);
  }

  removeSubscriptions(client: ClientRef, filters: readonly string[]): Promise<void> {
    return this.sessions.unsubscribe(client.id, filters);
  }

  subscriptionsByClient(client: ClientRef): Promise<{ topic: string; qos: number }[]> {
    return Promise.resolve(this.sessions.subscriptionsOf(client.id));
  }

  async cleanSubscriptions(client: ClientRef): Promise<void> {
    this.forget(client.id);
    await Promise.resolve();
  }

  /** Nobody: what waits for those who are away is kept already. */
  subscriptionsByTopic(): Promise<never[]> {
    return Promise.resolve([]);
  }

  outgoingEnqueueCombi(_: readonly unknown[], { payload }: Packet): Promise<void> {
    this.outgoing.published(payload);
    return Promise.resolve();
  }

  async outgoingUpdate(client: ClientRef, packet: Packet): Promise<void> {
    const { cmd, payload, messageId } = packet;
    if (messageId === undefined) return;
    if (cmd === 'pubrel') return this.outgoing.release(client.id, messageId);
    packet.qos = (await this.outgoing.sending(client.id, payload, messageId)) ?? packet.qos;
  }

  async outgoingClearMessageId(client: ClientRef, { messageId }: Packet): Promise<void> {
    if (messageId !== undefined && client.clean === false) this.outgoing.acknowledge(client.id, messageId);
    await Promise.resolve();
  }

  outgoingStream(client: ClientRef): Readable {
    return client.clean === false ? this.outgoing.waiting(client.id) : Readable.from([]);
  }

  incomingStorePacket(client: ClientRef, { messageId }: Packet): Promise<void> {
    if (messageId !== undefined) this.incoming.store(client.id, messageId);
    return Promise.resolve();
  }

  /** @throws if the client has not published it */
  incomingGetPacket(client: ClientRef, { messageId }: Packet): Promise<object> {
    if (messageId !== undefined && this.incoming.isStored(client.id, messageId)) return Promise.resolve({ messageId });
    return Promise.reject(new Error('no such packet'));
  }

  async incomingDelPacket(client: ClientRef, { messageId }: Packet): Promise<void> {
    if (messageId !== undefined) await this.incoming.release({ id: client.id, clean: client.clean !== false }, messageId);
  }

  cleanIncoming(client: ClientRef): Promise<void> {
    this.incoming.forget(client.id);
    return Promise.resolve();
  }

  putWill(client: ClientRef, { topic, payload, qos, retain }: Packet): Promise<void> {
    const will = { client: client.id, username: this.#deps.userOf(client), topic, payload, qos: qos as 0 | 1 | 2, retain };
    this.#wills.set(client.id, will);
    this.#later(() => this.#deps.store.putWill(will));
    return Promise.resolve();
  }

  getWill(client: ClientRef): Promise<StoredWill | undefined> {
    return Promise.resolve(this.#wills.get(client.id));
  }

  delWill(client: ClientRef): Promise<StoredWill | undefined> {
    const will = this.#wills.get(client.id);
    if (this.#wills.delete(client.id)) this.#later(() => this.#deps.store.removeWill(client.id));
    return Promise.resolve(will);
  }

  /** Those of other brokers that share the store: there are none. */
  streamWill(): Readable {
    return Readable.from([]);
  }

  destroy(): Promise<void> {
    this.#deps.journal.flush();
    return Promise.resolve();
  }

  #later(write: () => void): void {
    this.#deps.journal.later(write, this.#deps.failed);
  }
}
