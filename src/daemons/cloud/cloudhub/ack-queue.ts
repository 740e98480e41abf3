import { Backoff } from '../../../kernel/backoff.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { encodeMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { deliveryKey, isNewer, isWorthSending } from './delivery.ts';

/** What one node may have yet to acknowledge. Beyond it new messages are refused, and the SyncController offers them again. */
export interface QueueLimits {
  readonly queuedMessages: number;
  /** A single message is taken however large it is. */
  readonly queuedBytes: number;
}

export interface AckQueueOptions {
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random?: () => number;
  readonly limits: QueueLimits;
  /** Messages in flight at the same time: 1 towards an edge of KubeEdge. */
  readonly window: number;
  /** False while so much waits for the network that nothing is added to it; asked again at the next acknowledgement or repetition. */
  readonly hasRoom: () => boolean;
  /** Runs before a message's first transmission; when it rejects, the message is tried again later. */
  readonly prepare: (message: Message) => Promise<void>;
  /** False when the message can never be sent as it is; it makes room for the others. */
  readonly transmit: (message: Message) => boolean;
  readonly onAcked: (message: Message) => void;
  readonly onFailure: (message: Message, why: unknown) => void;
}

interface Entry {
  readonly message: Message;
  /** Its size on the wire. */
  readonly bytes: number;
  readonly backoff: Backoff;
}

interface Flight {
  readonly entry: Entry;
  isPrepared: boolean;
  /** Transmissions so far. */
  sent: number;
  cancel: () => void;
}

/** Messages that are being prepared at the same time. */
const PREPARING_LIMIT = 8;
const RESEND_MS = 5_000;
const RESENDS = 4;
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 1_000_000;

/**
 * What one node has yet to acknowledge (KubeEdge wire format, cloud send: ack mode). A window of messages is in flight, of each object
 * one, first sent in the order in which they came. Each is sent again every 5 s, 4 times, and then makes room for the others and comes
 * back after a growing delay. Of one object only the newest version waits.
 */
export class AckQueue {
  readonly #options: AckQueueOptions;
  readonly #waiting = new Map<string, Entry>();
  readonly #resting = new Map<string, Entry & { cancel: () => void }>();
  readonly #flights = new Map<string, Flight>();
  #preparing = 0;
  /** Of all entries together. */
  #bytes = 0;
  #closed = false;

  constructor(options: AckQueueOptions) {
    this.#options = options;
  }

  /** Messages not yet acknowledged. */
  get size(): number {
    return this.#waiting.size + this.#resting.size + this.#flights.size;
  }

  /** Takes a message over; false when it is not wanted: without a version, not newer than what is known, or no room. */
  put(message: Message): boolean {
    if (this.#closed || !isWorthSending(message)) return false;
    const key = deliveryKey(message);
    const known = this.#waiting.get(key) ?? this.#resting.get(key) ?? this.#flights.get(key)?.entry;
    if (known !== undefined && !isNewer(message, known.message)) return false;
    const bytes = Buffer.byteLength(encodeMessage(message));
    if (!this.#hasRoom(bytes, known, this.#waiting.get(key) ?? this.#resting.get(key))) return false;
    this.#drop(this.#waiting, key);
    this.#resting.get(key)?.cancel();
    this.#drop(this.#resting, key);
    const { random = Math.random } = this.#options;
    const backoff = known?.backoff ?? new Backoff({ initialMs: FIRST_RETRY_MS, maxMs: LAST_RETRY_MS, random });
    this.#keep(this.#waiting, key, { message, bytes, backoff });
    this.#next();
    return true;
  }

  /** The edge has acknowledged the message with this id; false when no such message is known. */
  ack(messageId: string): boolean {
    for (const [key, { entry, sent }] of this.#flights) {
      if (sent === 0 || entry.message.header.msg_id !== messageId) continue;
      this.#land(key);
      this.#options.onAcked(entry.message);
      this.#transmitPrepared();
      this.#next();
      return true;
    }
    // The acknowledgement of a message that was given up for now.
    for (const [key, { message, cancel }] of this.#resting) {
      if (message.header.msg_id !== messageId) continue;
      cancel();
      this.#drop(this.#resting, key);
      this.#options.onAcked(message);
      return true;
    }
    return false;
  }

  /** Forgets everything; nothing is transmitted any more. */
  close(): void {
    this.#closed = true;
    for (const key of [...this.#flights.keys()]) this.#land(key);
    for (const { cancel } of this.#resting.values()) cancel();
    this.#resting.clear();
    this.#waiting.clear();
    this.#bytes = 0;
  }

  #next(): void {
    while (!this.#closed && this.#flights.size < this.#options.window && this.#preparing < PREPARING_LIMIT) {
      const key = this.#firstToFly();
      const entry = key === undefined ? undefined : this.#waiting.get(key);
      if (key === undefined || entry === undefined) return;
      this.#drop(this.#waiting, key);
      this.#takeOff(key, entry);
    }
  }

  /** Of an object that is in flight the newer version waits for the acknowledgement of the older one, and all that came later waits for it. */
  #firstToFly(): string | undefined {
    const [key] = this.#waiting.keys();
    return key !== undefined && this.#flights.has(key) ? undefined : key;
  }

  #takeOff(key: string, entry: Entry): void {
    const flight: Flight = { entry, isPrepared: false, sent: 0, cancel: () => undefined };
    this.#flights.set(key, flight);
    this.#bytes += entry.bytes;
    this.#preparing += 1;
    this.#options
      .prepare(entry.message)
      .finally(() => (this.#preparing -= 1))
      .then(() => {
        flight.isPrepared = true;
        this.#transmitPrepared();
        this.#next();
      })
      .catch((error: unknown) => this.#giveUp(key, flight, error));
  }

  /** None before those that came earlier: a Device is not understood without its model. */
  #transmitPrepared(): void {
    let isAwaited = false;
    for (const [key, flight] of [...this.#flights]) {
      // One goes in any case, or nothing would ask again.
      if (!flight.isPrepared || (isAwaited && flight.sent === 0 && !this.#options.hasRoom())) return;
      if (flight.sent === 0 && this.#flights.get(key) === flight) this.#transmit(key, flight);
      isAwaited ||= flight.sent > 0;
    }
  }

  #transmit(key: string, flight: Flight): void {
    if (flight.sent > RESENDS) {
      this.#giveUp(key, flight, `no acknowledgement after ${flight.sent} transmissions`);
      return;
    }
    // A newer version waits: it is worth more than another copy of this one.
    if (flight.sent > 0 && this.#waiting.has(key)) {
      this.#land(key);
      this.#next();
      return;
    }
    flight.cancel = this.#options.clock.after(RESEND_MS, () => this.#transmit(key, flight));
    // The last copy may not even have left.
    if (flight.sent > 0 && !this.#options.hasRoom()) return;
    flight.sent += 1;
    if (!this.#options.transmit(flight.entry.message)) this.#giveUp(key, flight, 'it cannot be sent');
  }

  #giveUp(key: string, flight: Flight, why: unknown): void {
    if (this.#flights.get(key) !== flight) return;
    const { entry } = flight;
    this.#land(key);
    this.#options.onFailure(entry.message, why);
    if (!this.#waiting.has(key)) {
      const cancel = this.#options.clock.after(entry.backoff.next(), () => {
        this.#drop(this.#resting, key);
        this.#keep(this.#waiting, key, entry);
        this.#next();
      });
      this.#keep(this.#resting, key, { ...entry, cancel });
    }
    this.#transmitPrepared();
    this.#next();
  }

  #land(key: string): void {
    const flight = this.#flights.get(key);
    if (flight === undefined) return;
    flight.cancel();
    this.#flights.delete(key);
    this.#bytes -= flight.entry.bytes;
  }

  /** @param replaced the older version whose place it would take; one that is in flight keeps its own */
  #hasRoom(bytes: number, known: Entry | undefined, replaced: Entry | undefined): boolean {
    const { queuedMessages, queuedBytes } = this.#options.limits;
    if (known === undefined && this.size >= queuedMessages) return false;
    const others = this.#bytes - (replaced?.bytes ?? 0);
    return others === 0 || others + bytes <= queuedBytes;
  }

  #keep<E extends Entry>(entries: Map<string, E>, key: string, entry: E): void {
    entries.set(key, entry);
    this.#bytes += entry.bytes;
  }

  #drop(entries: Map<string, Entry>, key: string): void {
    this.#bytes -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  }
}
