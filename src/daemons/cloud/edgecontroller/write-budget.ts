import type { Clock } from '../../../kernel/clock.ts';
import { refusal } from './answers.ts';

/** How much a node may write at once, and how fast more is let through: far more than what the events of a node full of pods need. */
const BURST_BYTES = 4 * 1024 * 1024;
const BYTES_PER_SECOND = 4 * 1024;
/** An object costs the database more than its own bytes. */
const OBJECT_BYTES = 1_024;

/**
 * Of what a node may write without end, as events are, it may write only so much: the disk is everybody's. By node, in bytes; a bucket that
 * is full again is forgotten.
 */
export class WriteBudget {
  readonly #clock: Pick<Clock, 'elapsed'>;
  /** Bytes that were left at a time, ms. */
  readonly #left = new Map<string, { bytes: number; at: number }>();

  constructor(clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock;
  }

  /** Takes what an object costs. @throws ApiError 429 when there is not as much left */
  spend(nodeName: string, object: unknown): void {
    const cost = OBJECT_BYTES + Buffer.byteLength(JSON.stringify(object ?? null));
    const left = this.#leftOf(nodeName) - cost;
    if (left < 0)
      throw refusal(429, 'TooManyRequests', `node ${nodeName} writes more than ${BYTES_PER_SECOND} bytes a second for too long`);
    this.#left.set(nodeName, { bytes: left, at: this.#clock.elapsed() });
  }

  #leftOf(nodeName: string): number {
    const now = this.#clock.elapsed();
    for (const [name, { bytes, at }] of this.#left) if (grown(bytes, now - at) >= BURST_BYTES) this.#left.delete(name);
    const known = this.#left.get(nodeName);
    return known === undefined ? BURST_BYTES : grown(known.bytes, now - known.at);
  }
}

function grown(bytes: number, elapsedMs: number): number {
  return Math.min(BURST_BYTES, bytes + (elapsedMs / 1_000) * BYTES_PER_SECOND);
}
