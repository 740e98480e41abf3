import type { Clock } from '../../../src/kernel/clock.ts';
import type { Scope } from '../../../src/kernel/module.ts';
import { silentLogger } from '../../../src/kernel/log.ts';
import type { ManualClock } from '../manual-clock.ts';

/** What a dead process meets when it goes on: it reaches neither disk nor network any more. */
export class Dead extends Error {
  override readonly name = 'Dead';
}

/**
 * Around one incarnation of a daemon: everything by which it can be noticed, its commits, messages, and requests, goes through here. It dies
 * after so many of them, between one and the next, and nothing it does afterwards happens.
 */
export class Fence {
  readonly scope: Scope;
  #left = Number.POSITIVE_INFINITY;
  #isDead = false;
  readonly #stop = new AbortController();
  readonly #timers = new Set<() => void>();
  readonly #onEffect: () => void;
  readonly #onDeath: () => void;

  constructor(hooks: { onEffect: () => void; onDeath: () => void }) {
    this.#onEffect = hooks.onEffect;
    this.#onDeath = hooks.onDeath;
    this.scope = { signal: this.#stop.signal, log: silentLogger, defer: () => undefined };
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Aborts when the process is dead: for what watches on its behalf. Nothing inside of it is told. */
  readonly death = new AbortController();

  dieAfter(effects: number): void {
    if (effects === 0) this.die();
    else this.#left = effects;
  }

  die(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    for (const cancel of this.#timers) cancel();
    this.death.abort();
    this.#onDeath();
  }

  /** @throws Dead */
  check(): void {
    if (this.#isDead) throw new Dead('this process was killed');
  }

  /** Something has happened that others can see. */
  effect(): void {
    this.#onEffect();
    if (!this.#isDead && --this.#left <= 0) this.die();
  }

  /** A request of this process: neither carried out nor answered once it is dead. */
  async request<T>(work: () => Promise<T>): Promise<T> {
    if (this.isDead) return forever();
    let result: { value: T } | { error: unknown };
    try {
      result = { value: await work() };
    } catch (error) {
      result = { error };
    }
    if (!this.#survives()) return forever();
    if ('error' in result) throw result.error;
    return result.value;
  }

  /** Counts an effect, if the process is there to have one. @returns whether it is still there afterwards */
  #survives(): boolean {
    if (!this.#isDead) this.effect();
    return !this.#isDead;
  }

  /** Timers that end with the process, and a wall clock that is off by `skew()` ms. */
  clock(clock: ManualClock, skew: () => number): Clock {
    const timer = (kind: 'after' | 'every', ms: number, run: () => void): (() => void) => {
      if (this.#isDead) return () => undefined;
      const cancel = clock[kind](ms, () => {
        if (kind === 'after') this.#timers.delete(cancel);
        if (!this.#isDead) run();
      });
      this.#timers.add(cancel);
      return () => {
        cancel();
        this.#timers.delete(cancel);
      };
    };
    return {
      now: () => clock.now() + skew(),
      elapsed: () => clock.elapsed(),
      after: (ms, run) => timer('after', ms, run),
      every: (ms, run) => timer('every', ms, run),
    };
  }
}

export function forever<T>(): Promise<T> {
  return new Promise(() => undefined);
}
