import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Clock } from '../kernel/clock.ts';

/** The parts of aedes' client that are needed here. Its own pause() loses count of what it is working on. */
interface Pausable {
  readonly closed: boolean;
  readonly conn: EventEmitter;
  /** Ends a client that is silent; one that is not read only seems to be. */
  readonly _keepaliveTimer: { refresh(): void } | null;
}

const LONGEST_PAUSE_MS = 1_000;

/** Slows a client that publishes too fast: its socket is not read for as long as it is ahead of its rate. A second's worth may come at once. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #states = new WeakMap<object, { allowance: number; at: number; isPaused: boolean }>();

  readonly #paused = new WeakSet<object>();

  /** @param perSecond 0: no limit */
  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Lets this socket be read only while its client is not ahead. */
  watch(socket: Socket): void {
    if (this.#perSecond === 0) return;
    const read = socket.read.bind(socket);
    socket.read = (size?: number): unknown => (this.#paused.has(socket) ? null : read(size));
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
    this.#paused.add(pausable.conn);
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
      this.#paused.delete(client.conn);
      client.conn.emit('readable');
    });
  }

  #refill(state: { allowance: number; at: number }, now: number): void {
    state.allowance = Math.min(this.#perSecond, state.allowance + (Math.max(0, now - state.at) / 1_000) * this.#perSecond);
    state.at = now;
  }
}
