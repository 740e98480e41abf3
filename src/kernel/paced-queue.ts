import type { Clock } from './clock.ts';

export interface PacedQueueOptions<T> {
  readonly clock: Clock;
  /** Items a second, in the long run. */
  readonly perSecond: number;
  /** Items that may go at once after a rest. */
  readonly burst: number;
  /** Items that wait in one lane at most; beyond it new ones are refused. */
  readonly limit: number;
  readonly send: (item: T) => void;
}

/** The lane that goes before all others. */
export const URGENT = 'urgent';

/**
 * Lets items through at a rate: a bucket of tokens, and a bounded queue of each lane for what has to wait. In a lane the order stays;
 * the urgent one goes first, the others take turns.
 */
export class PacedQueue<T> {
  readonly #options: PacedQueueOptions<T>;
  /** In the order of their turns. */
  readonly #lanes = new Map<string, T[]>();
  #tokens: number;
  #filledAt: number;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: PacedQueueOptions<T>) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAt = options.clock.elapsed();
  }

  /** Sends now, or once it is the item's turn. @returns false when too many wait, and after the end */
  put(item: T, lane: string = URGENT): boolean {
    const { limit, send } = this.#options;
    if (this.#closed) return false;
    if (this.#cancel === undefined && this.#take()) {
      send(item);
      return true;
    }
    const queue = this.#lanes.get(lane) ?? [];
    if (queue.length >= limit) return false;
    queue.push(item);
    this.#lanes.set(lane, queue);
    this.#wait();
    return true;
  }

  /** Forgets what waits. @returns how many items waited in each lane */
  close(): ReadonlyMap<string, number> {
    this.#closed = true;
    this.#cancel?.();
    const waited = new Map([...this.#lanes].map(([lane, items]) => [lane, items.length]));
    this.#lanes.clear();
    return waited;
  }

  #take(): boolean {
    const { clock, perSecond, burst } = this.#options;
    const now = clock.elapsed();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) * perSecond) / 1000);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #wait(): void {
    const { clock, perSecond } = this.#options;
    this.#cancel ??= clock.after(Math.ceil(((1 - this.#tokens) * 1000) / perSecond), () => {
      this.#cancel = undefined;
      this.#drain();
    });
  }

  #drain(): void {
    while (this.#lanes.size > 0 && this.#take()) {
      const item = this.#next();
      if (item !== undefined) this.#options.send(item);
    }
    if (this.#lanes.size > 0) this.#wait();
  }

  /** The oldest of the lane whose turn it is; a lane that is not empty goes to the end. */
  #next(): T | undefined {
    const lane = this.#lanes.has(URGENT) ? URGENT : [...this.#lanes.keys()][0];
    if (lane === undefined) return undefined;
    const queue = this.#lanes.get(lane) ?? [];
    const item = queue.shift();
    this.#lanes.delete(lane);
    if (queue.length > 0) this.#lanes.set(lane, queue);
    return item;
  }
}
