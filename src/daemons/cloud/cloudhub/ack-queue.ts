import { Backoff } from '../../../kernel/backoff.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Message } from '../../../protocol/message.ts';
import { deliveryKey, isNewer, isWorthSending } from './delivery.ts';

export interface AckQueueOptions {
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random?: () => number;
  /** Waiting messages at most; beyond it new ones are refused, and the SyncController offers them again. */
  readonly limit: number;
  /** Runs before a message's first transmission; when it rejects, the message is tried again later. */
  readonly prepare: (message: Message) => Promise<void>;
  /** False when the message can never be sent as it is; it makes room for the others. */
  readonly transmit: (message: Message) => boolean;
  readonly onAcked: (message: Message) => void;
  readonly onFailure: (message: Message, why: unknown) => void;
}

interface Entry {
  readonly message: Message;
  readonly backoff: Backoff;
}

const RESEND_MS = 5_000;
const RESENDS = 4;
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 1_000_000;

/**
 * What one node has yet to acknowledge (KubeEdge wire format, cloud send: ack mode). One message is in flight at a time; it is
 * sent again every 5 s, 4 times, and then makes room for the others and comes back after a growing delay. Of one object only
 * the newest version waits.
 */
export class AckQueue {
  readonly #options: AckQueueOptions;
  readonly #waiting = new Map<string, Entry>();
  readonly #resting = new Map<string, Entry & { cancel: () => void }>();
  #flight: { readonly key: string; readonly entry: Entry; sent: number; cancel: () => void } | undefined;
  #closed = false;

  constructor(options: AckQueueOptions) {
    this.#options = options;
  }

  /** Messages not yet acknowledged. */
  get size(): number {
    return this.#waiting.size + this.#resting.size + (this.#flight === undefined ? 0 : 1);
  }

  /** Takes a message over; false when it is not wanted: without a version, not newer than what is known, or no room. */
  put(message: Message): boolean {
    if (this.#closed || !isWorthSending(message)) return false;
    const key = deliveryKey(message);
    const known = this.#waiting.get(key) ?? this.#resting.get(key) ?? (this.#flight?.key === key ? this.#flight.entry : undefined);
    if (known !== undefined && !isNewer(message, known.message)) return false;
    if (known === undefined && this.size >= this.#options.limit) return false;
    this.#resting.get(key)?.cancel();
    this.#resting.delete(key);
    const { random = Math.random } = this.#options;
    const backoff = known?.backoff ?? new Backoff({ initialMs: FIRST_RETRY_MS, maxMs: LAST_RETRY_MS, random });
    this.#waiting.set(key, { message, backoff });
    this.#next();
    return true;
  }

  /** The edge has acknowledged the message with this id; false when no such message is known. */
  ack(messageId: string): boolean {
    const flight = this.#flight;
    if (flight !== undefined && flight.sent > 0 && flight.entry.message.header.msg_id === messageId) {
      this.#land();
      this.#options.onAcked(flight.entry.message);
      this.#next();
      return true;
    }
    // The acknowledgement of a message that was given up for now.
    for (const [key, { message, cancel }] of this.#resting) {
      if (message.header.msg_id !== messageId) continue;
      cancel();
      this.#resting.delete(key);
      this.#options.onAcked(message);
      return true;
    }
    return false;
  }

  /** Forgets everything; nothing is transmitted any more. */
  close(): void {
    this.#closed = true;
    this.#land();
    for (const { cancel } of this.#resting.values()) cancel();
    this.#resting.clear();
    this.#waiting.clear();
  }

  #next(): void {
    const [first] = this.#waiting;
    if (this.#closed || this.#flight !== undefined || first === undefined) return;
    const [key, entry] = first;
    this.#waiting.delete(key);
    const flight = { key, entry, sent: 0, cancel: (): void => undefined };
    this.#flight = flight;
    this.#options
      .prepare(entry.message)
      .then(() => {
        if (this.#flight === flight) this.#transmit();
      })
      .catch((error: unknown) => {
        if (this.#flight === flight) this.#giveUp(error);
      });
  }

  #transmit(): void {
    const flight = this.#flight;
    if (flight === undefined) return;
    if (flight.sent > RESENDS) {
      this.#giveUp(`no acknowledgement after ${flight.sent} transmissions`);
      return;
    }
    // A newer version waits: it is worth more than another copy of this one.
    if (flight.sent > 0 && this.#waiting.has(flight.key)) {
      this.#land();
      this.#next();
      return;
    }
    flight.sent += 1;
    flight.cancel = this.#options.clock.after(RESEND_MS, () => {
      this.#transmit();
    });
    if (!this.#options.transmit(flight.entry.message)) this.#giveUp('it cannot be sent');
  }

  #giveUp(why: unknown): void {
    const flight = this.#flight;
    if (flight === undefined) return;
    this.#land();
    const { key, entry } = flight;
    this.#options.onFailure(entry.message, why);
    if (!this.#waiting.has(key)) {
      const cancel = this.#options.clock.after(entry.backoff.next(), () => {
        this.#resting.delete(key);
        this.#waiting.set(key, entry);
        this.#next();
      });
      this.#resting.set(key, { ...entry, cancel });
    }
    this.#next();
  }

  #land(): void {
    this.#flight?.cancel();
    this.#flight = undefined;
  }
}
