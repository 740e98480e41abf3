import { Backoff } from '../../../kernel/backoff.ts';
import type { Clock } from '../../../kernel/clock.ts';

export interface RepeatsOptions {
  /** Between the first repetition and what it repeats, ms; each further one is twice as late. */
  readonly initialMs: number;
  /** Between any two repetitions, ms. Jitter takes up to half of it away. */
  readonly maxMs: number;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

interface Pending {
  /** What is to be repeated. Something else begins anew with the first delay. */
  readonly what: string;
  readonly backoff: Backoff;
  /** When it is due, as the clock's `elapsed` counts. */
  at: number;
  /** When it was told last. */
  told: number;
}

/** How many at most in one turn, and how long a turn is at least: 400 a second, however many devices do not follow. */
const PER_TURN = 100;
const TURN_MS = 250;

/** Calls `repeat` for each key again and again, ever more rarely, for as long as something is to be repeated. One timer for all keys. */
export class Repeats {
  readonly #options: RepeatsOptions;
  readonly #repeat: (key: string) => void;
  readonly #pending = new Map<string, Pending>();
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(options: RepeatsOptions, repeat: (key: string) => void) {
    this.#options = options;
    this.#repeat = repeat;
  }

  keys(): IterableIterator<string> {
    return this.#pending.keys();
  }

  /** `what` has been told just now, and is to be repeated; the same as before goes on as before. Undefined: nothing is. */
  set(key: string, what: string | undefined): void {
    const known = this.#pending.get(key);
    const { clock } = this.#options;
    if (what === undefined) this.#pending.delete(key);
    else if (known?.what === what) known.told = clock.elapsed();
    else {
      const backoff = new Backoff(this.#options);
      const told = clock.elapsed();
      const at = told + backoff.next();
      this.#pending.set(key, { what, backoff, at, told });
      this.#wakeAt(at);
    }
  }

  /** Somebody has come who may have missed it: it is repeated now, or once the first delay has passed since it was told last. */
  hurry(key: string): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    const { clock, initialMs } = this.#options;
    pending.backoff.reset();
    pending.at = Math.min(pending.at, Math.max(clock.elapsed(), pending.told + initialMs));
    this.#wakeAt(pending.at);
  }

  /** Ends everything. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#pending.clear();
  }

  #wakeAt(at: number): void {
    const { clock } = this.#options;
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel();
    const cancel = clock.after(Math.max(0, at - clock.elapsed()), () => {
      this.#timer = undefined;
      this.#turn();
    });
    this.#timer = { at, cancel };
  }

  #turn(): void {
    const now = this.#options.clock.elapsed();
    const due = [...this.#pending].filter(([, { at }]) => at <= now).sort(([, a], [, b]) => a.at - b.at);
    for (const [key, pending] of due.slice(0, PER_TURN)) {
      pending.at = now + pending.backoff.next();
      pending.told = now;
      this.#repeat(key);
    }
    let next = Infinity;
    for (const { at } of this.#pending.values()) next = Math.min(next, at);
    if (next !== Infinity) this.#wakeAt(Math.max(next, now + TURN_MS));
  }
}
