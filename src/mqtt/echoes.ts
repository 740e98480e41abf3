import { createHash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import type { MqttMessage } from './message.ts';

/** A broker that has not sent a message back by then never will. */
const LIFETIME_MS = 60_000;
const LIMIT = 10_000;

/**
 * Recognises what this side has published itself when it comes back through its own subscriptions, for brokers of MQTT 3.1.1, which
 * have no other way. Counts per topic and payload: of equal messages as many are taken for echoes as were published.
 */
export class Echoes {
  readonly #clock: Clock;
  /** When each was published, oldest first. */
  readonly #awaited = new Map<string, number[]>();
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A message goes out that will come back. */
  expect(message: MqttMessage): void {
    if (this.#size >= LIMIT) this.#expire();
    if (this.#size >= LIMIT) return;
    const key = keyOf(message);
    this.#awaited.set(key, [...this.#live(key), this.#clock.elapsed()]);
    this.#size += 1;
  }

  /** True if this message is one of those. */
  takes(message: MqttMessage): boolean {
    const key = keyOf(message);
    const [oldest, ...others] = this.#live(key);
    if (oldest === undefined) return false;
    this.#set(key, others);
    return true;
  }

  #live(key: string): number[] {
    const all = this.#awaited.get(key) ?? [];
    const live = all.filter((since) => this.#clock.elapsed() - since < LIFETIME_MS);
    if (live.length < all.length) this.#set(key, live);
    return live;
  }

  #set(key: string, times: number[]): void {
    this.#size -= (this.#awaited.get(key)?.length ?? 0) - times.length;
    if (times.length === 0) this.#awaited.delete(key);
    else this.#awaited.set(key, times);
  }

  #expire(): void {
    for (const key of [...this.#awaited.keys()]) this.#live(key);
  }
}

function keyOf({ topic, payload }: MqttMessage): string {
  return createHash('sha256').update(topic).update('\0').update(payload).digest('base64');
}
