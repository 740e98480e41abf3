import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { messageOf } from './errors.ts';
import type { Scope } from './module.ts';

export interface WorkQueueOptions {
  /** Keys worked on at the same time. */
  readonly concurrency?: number;
  readonly initialMs?: number;
  readonly maxMs?: number;
  readonly clock?: Clock;
}

/**
 * Runs `work(key)` for every added key: one run at a time per key, keys added meanwhile run again afterwards,
 * a failing key is retried with back-off. Holds keys, not payloads, so it is bounded by the number of distinct keys.
 */
export class WorkQueue<K = string> {
  readonly #scope: Scope;
  readonly #work: (key: K) => Promise<void>;
  readonly #options: WorkQueueOptions;
  readonly #ready = new Set<K>();
  readonly #active = new Set<K>();
  readonly #again = new Set<K>();
  readonly #retries = new Map<K, { backoff: Backoff; error: string; cancel: () => void }>();

  constructor(scope: Scope, work: (key: K) => Promise<void>, options: WorkQueueOptions = {}) {
    this.#scope = scope;
    this.#work = work;
    this.#options = options;
    scope.defer(() => {
      for (const { cancel } of this.#retries.values()) cancel();
      this.#ready.clear();
    });
  }

  /** Keys waiting, running or backing off. */
  get size(): number {
    return new Set([...this.#ready, ...this.#active, ...this.#again, ...this.#retries.keys()]).size;
  }

  /** Why the work that failed last is being tried again; undefined while nothing fails. */
  get lastError(): string | undefined {
    return [...this.#retries.values()].at(-1)?.error;
  }

  add(key: K): void {
    this.#retries.get(key)?.cancel();
    if (this.#active.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#pump();
  }

  #pump(): void {
    for (const key of this.#ready) {
      if (this.#scope.signal.aborted || this.#active.size >= (this.#options.concurrency ?? 1)) return;
      this.#ready.delete(key);
      this.#active.add(key);
      void this.#run(key);
    }
  }

  async #run(key: K): Promise<void> {
    try {
      await this.#work(key);
      this.#retries.delete(key);
    } catch (error) {
      if (!this.#scope.signal.aborted) this.#retry(key, error);
    }
    this.#active.delete(key);
    if (this.#again.delete(key)) this.#ready.add(key);
    this.#pump();
  }

  #retry(key: K, error: unknown): void {
    const { initialMs = 100, maxMs = 30_000, clock = systemClock } = this.#options;
    const backoff = this.#retries.get(key)?.backoff ?? new Backoff({ initialMs, maxMs });
    const delay = backoff.next();
    this.#scope.log.warn({ err: error, key, retryInMs: delay }, 'work failed, will be retried');
    const cancel = clock.after(delay, () => {
      this.add(key);
    });
    this.#retries.delete(key);
    this.#retries.set(key, { backoff, error: messageOf(error), cancel });
  }
}
