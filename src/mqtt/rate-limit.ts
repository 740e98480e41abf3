import type { Clock } from '../kernel/clock.ts';

/** The parts of aedes' client that stop and go on reading its socket. */
interface Pausable {
  readonly closed: boolean;
  pause(): void;
  resume(): void;
  /** Ends a client that is silent; one that is not read only seems to be. */
  readonly _keepaliveTimer: { refresh(): void } | null;
}

const LONGEST_PAUSE_MS = 1_000;

/** Slows a client that publishes too fast: its socket is not read for as long as it is ahead of its rate. A second's worth may come at once. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #states = new WeakMap<object, { allowance: number; at: number; isPaused: boolean }>();

  /** @param perSecond 0: no limit */
  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Counts a publication. */
  count(client: object): void {
    if (this.#perSecond === 0) return;
    const now = this.#clock.now();
    const state = this.#states.get(client) ?? { allowance: this.#perSecond, at: now, isPaused: false };
    this.#states.set(client, state);
    this.#refill(state, now);
    state.allowance -= 1;
    if (state.allowance >= 0 || state.isPaused) return;
    state.isPaused = true;
    const pausable = client as Pausable;
    pausable.pause();
    this.#wait(pausable, state);
  }

  #wait(client: Pausable, state: { allowance: number; at: number; isPaused: boolean }): void {
    const ms = Math.min(Math.ceil((-state.allowance / this.#perSecond) * 1_000), LONGEST_PAUSE_MS);
    this.#clock.after(Math.max(ms, 1), () => {
      if (client.closed) return;
      client._keepaliveTimer?.refresh();
      this.#refill(state, this.#clock.now());
      if (state.allowance < 0) {
        this.#wait(client, state);
        return;
      }
      state.isPaused = false;
      client.resume();
    });
  }

  #refill(state: { allowance: number; at: number }, now: number): void {
    state.allowance = Math.min(this.#perSecond, state.allowance + (Math.max(0, now - state.at) / 1_000) * this.#perSecond);
    state.at = now;
  }
}
