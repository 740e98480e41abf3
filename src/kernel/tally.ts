import type { Clock } from './clock.ts';

/** How long it is silent about a kind after one was told, ms. */
const QUIET_MS = 60_000;

/** Of things that may happen thousands of times a second: which of them to tell, so that a log stays short. */
export class Tally<K> {
  readonly #clock: Clock;
  readonly #kinds = new Map<K, { readonly since: number; untold: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts one, or so many that come together. The first of a kind is to be told at once, then one a minute at most.
   * @returns how many of the kind were not told since the last one that was; undefined: do not tell this one
   */
  count(kind: K, many = 1): number | undefined {
    const now = this.#clock.elapsed();
    const known = this.#kinds.get(kind);
    if (known !== undefined && now - known.since < QUIET_MS) {
      known.untold += many;
      return undefined;
    }
    this.#kinds.set(kind, { since: now, untold: 0 });
    return known?.untold ?? 0;
  }
}
