import type { Clock } from '../../src/kernel/clock.ts';

/** A clock that moves only when the test says so. */
export class ManualClock implements Clock {
  #now: number;
  #jumped = 0;
  readonly #timers = new Set<{ at: number; every: number | undefined; run: () => void }>();

  constructor(now = Date.parse('2026-11-21T02:39:09.123Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#jumped;
  }

  elapsed(): number {
    return this.#now;
  }

  /** Sets the wall clock, forward or back; no time passes. */
  jump(ms: number): void {
    this.#jumped += ms;
  }

  after(ms: number, run: () => void): () => void {
    return this.#add({ at: this.#now + ms, every: undefined, run });
  }

  every(ms: number, run: () => void): () => void {
    return this.#add({ at: this.#now + ms, every: ms, run });
  }

  /** When the next timer comes due, as `elapsed` counts. */
  get nextAt(): number | undefined {
    let next: number | undefined;
    for (const { at } of this.#timers) if (next === undefined || at < next) next = at;
    return next;
  }

  /** Runs every timer that comes due within `ms`, in order of time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#now = next.at;
      if (next.every === undefined) this.#timers.delete(next);
      else next.at += next.every;
      next.run();
    }
    this.#now = end;
  }

  #add(timer: { at: number; every: number | undefined; run: () => void }): () => void {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
}
