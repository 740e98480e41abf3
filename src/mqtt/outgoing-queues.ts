import { Readable } from 'node:stream';
import type { Journal, Outgoing, SessionStore } from './session-store.ts';

export interface QueueLimits {
  /** Messages that wait for one session. */
  readonly queuedMessages: number;
  /** Their bytes. */
  readonly queuedBytes: number;
  /** Bytes of all sessions together. */
  readonly totalQueuedBytes: number;
}

interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
}

interface Place {
  readonly seq: number;
  readonly qos: number;
}

/**
 * The messages of QoS 1 and 2 that wait on disk for the sessions that outlive their connection. A message is known by its payload: the
 * same buffer goes with it all the way through aedes.
 */
export class OutgoingQueues {
  readonly #store: SessionStore;
  readonly #journal: Journal;
  readonly #limits: QueueLimits;
  readonly #failed: (error: unknown) => void;
  readonly #sizes = new Map<string, { messages: number; bytes: number }>();
  readonly #places = new WeakMap<Buffer, Map<string, Place>>();
  /** Kept, but not handed to the connected subscribers yet; with the publisher. */
  readonly #publishing = new Map<number, string>();
  #bytes = 0;
  #lastSeq: number;
  /** How often there was no room for a message. */
  dropped = 0;

  constructor(store: SessionStore, journal: Journal, limits: QueueLimits, failed: (error: unknown) => void) {
    this.#store = store;
    this.#journal = journal;
    this.#limits = limits;
    this.#failed = failed;
    this.#lastSeq = store.lastSeq;
    for (const { client, messages, bytes } of store.sizes()) this.#grow(client, messages, bytes);
  }

  /**
   * Takes a message for clients that want it, each with the QoS that it asked for. A client whose queue is full misses it.
   * @returns the write; undefined if there is none
   */
  keep({ topic, payload, qos }: Message, wanted: ReadonlyMap<string, number>, publisher: string): (() => void) | undefined {
    const size = Buffer.byteLength(topic) + payload.length;
    const places = new Map<string, Place>();
    for (const [client, granted] of wanted) {
      if (!this.#hasRoom(client, size)) {
        this.dropped += 1;
        continue;
      }
      this.#grow(client, 1, size);
      this.#lastSeq += 1;
      places.set(client, { seq: this.#lastSeq, qos: Math.min(qos, granted) });
      this.#publishing.set(this.#lastSeq, publisher);
    }
    if (places.size === 0) return undefined;
    this.#places.set(payload, places);
    return () => places.forEach((place, client) => this.#store.enqueue(place.seq, client, { topic, payload, qos: place.qos }));
  }

  /** The message is not published after all. */
  withdraw({ topic, payload }: Message): void {
    const size = Buffer.byteLength(topic) + payload.length;
    for (const [client, { seq }] of this.#places.get(payload) ?? []) {
      this.#publishing.delete(seq);
      this.#grow(client, -1, -size);
      this.#later(() => this.#store.withdraw(seq));
    }
    this.#places.delete(payload);
  }

  /** The message goes to the subscribers that are connected, in this turn of the event loop. */
  published(payload: Buffer): void {
    this.#places.get(payload)?.forEach(({ seq }) => this.#publishing.delete(seq));
  }

  /** A publisher is gone; what it left half published waits in the queues. */
  settle(publisher: string): void {
    for (const [seq, of] of this.#publishing) if (of === publisher) this.#publishing.delete(seq);
  }

  /**
   * A message is about to be sent under this id. With QoS 2 the id must be on disk before, for the client knows the message by it.
   * @returns the QoS to send it with; undefined if it is not kept
   */
  async sending(client: string, payload: Buffer, messageId: number): Promise<number | undefined> {
    const place = this.#places.get(payload)?.get(client);
    if (place === undefined) return undefined;
    const write = (): void => this.#store.setMessageId(client, place.seq, messageId);
    if (place.qos === 2) await this.#journal.run(write);
    else this.#later(write);
    return place.qos;
  }

  /** The client has received a QoS 2 message. */
  async release(client: string, messageId: number): Promise<void> {
    await this.#journal.run(() => this.#store.release(client, messageId));
  }

  /** The client is done with a message. */
  acknowledge(client: string, messageId: number): void {
    this.#later(() => {
      const bytes = this.#store.dequeue(client, messageId);
      if (bytes !== undefined) this.#grow(client, -1, -bytes);
    });
  }

  /** What waits for a client that has just connected. What is being published at this moment reaches it like any other subscriber. */
  waiting(client: string): Readable {
    this.#journal.flush();
    const publishing = new Set(this.#publishing.keys());
    return Readable.from(this.#read(client, this.#lastSeq, publishing));
  }

  /** The session is no more; its rows are the caller's affair. */
  forget(client: string): void {
    this.#bytes -= this.#sizes.get(client)?.bytes ?? 0;
    this.#sizes.delete(client);
  }

  /** What waits for all sessions together. */
  get size(): { messages: number; bytes: number } {
    return { messages: [...this.#sizes.values()].reduce((sum, { messages }) => sum + messages, 0), bytes: this.#bytes };
  }

  *#read(client: string, last: number, publishing: ReadonlySet<number>): Generator<object> {
    let rows: readonly Outgoing[] = this.#store.outgoing(client, 0, last);
    while (rows.length > 0) {
      for (const row of rows) if (!publishing.has(row.seq)) yield this.#packetOf(client, row);
      rows = this.#store.outgoing(client, rows.at(-1)?.seq ?? last, last);
    }
  }

  #packetOf(client: string, { seq, topic, payload, qos, messageId, released }: Outgoing): object {
    const sent = messageId === null ? {} : { messageId };
    if (released !== 0) return { cmd: 'pubrel', payload, ...sent };
    this.#places.set(payload, new Map([[client, { seq, qos }]]));
    return { cmd: 'publish', topic, payload, qos, retain: false, dup: messageId !== null, ...sent };
  }

  #hasRoom(client: string, size: number): boolean {
    const { messages, bytes } = this.#sizes.get(client) ?? { messages: 0, bytes: 0 };
    const { queuedMessages, queuedBytes, totalQueuedBytes } = this.#limits;
    return messages < queuedMessages && bytes + size <= queuedBytes && this.#bytes + size <= totalQueuedBytes;
  }

  #grow(client: string, messages: number, bytes: number): void {
    const size = this.#sizes.get(client) ?? { messages: 0, bytes: 0 };
    this.#bytes += bytes;
    if (size.messages + messages <= 0) this.#sizes.delete(client);
    else this.#sizes.set(client, { messages: size.messages + messages, bytes: size.bytes + bytes });
  }

  #later(write: () => void): void {
    this.#journal.later(write, this.#failed);
  }
}
