import { systemClock } from '../kernel/clock.ts';
import { KedgeError } from '../kernel/errors.ts';
import type { Database } from './database.ts';
import { isDatabaseFailure } from './disk-trouble.ts';

interface Job {
  readonly work: () => unknown;
  readonly rollBack: boolean;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommitHooks {
  /** Runs after a job was rolled back, to forget what it left in memory. */
  readonly undone?: (() => void) | undefined;
  /** Runs after a job was done, its savepoint kept. */
  readonly done?: (() => void) | undefined;
  /** Runs after the commit and before the callers are told. */
  readonly committed?: (() => void) | undefined;
  /** Runs when the commit failed: nothing of the group happened. */
  readonly failed?: (() => void) | undefined;
}

const QUEUE_LIMIT = 10_000;
/** How long a write that nobody waits for may lie about, unless another one takes it along. */
const LATER_MS = 100;

/**
 * Lets writes that arrive in one turn of the event loop share one transaction, and so one sync of the disk. Each has a
 * savepoint of its own: a job that throws undoes itself alone. A promise resolves once its write is on disk.
 */
export class GroupCommit {
  readonly #db: Database;
  readonly #hooks: GroupCommitHooks;
  /** Made once: a transaction, or a savepoint inside of one. */
  readonly #transact: (work: () => void) => void;
  #jobs: Job[] = [];
  #isScheduled = false;
  #failure: unknown;
  #timer: (() => void) | undefined;

  constructor(db: Database, hooks: GroupCommitHooks = {}) {
    this.#db = db;
    this.#hooks = hooks;
    this.#transact = db.transaction((work: () => void) => {
      work();
    });
  }

  /**
   * Runs `work`, which must be synchronous, in the next group; with `rollBack` it is tried and undone.
   * @throws what `work` threw, or KedgeError TIMEOUT when too many writes are waiting
   */
  run<T>(work: () => T, rollBack = false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#jobs.length >= QUEUE_LIMIT) {
        reject(new KedgeError('TIMEOUT', 'too many writes are waiting for the disk'));
        return;
      }
      this.#jobs.push({ work, rollBack, resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(() => this.flush());
    });
  }

  /** As `run`. A disk that is full for one job undoes the whole group; then each tries alone. @throws what `work` or SQLite threw */
  async runOrAlone<T>(work: () => T): Promise<T> {
    try {
      return await this.run(work);
    } catch (error) {
      if (!isDatabaseFailure(error)) throw error;
      return this.#db.transaction(work)();
    }
  }

  /** A write that nobody waits for: it joins the next group in its order, or makes one soon. */
  later(work: () => void, failed: (error: unknown) => void): void {
    if (this.#jobs.length >= QUEUE_LIMIT) this.flush();
    this.#jobs.push({ work, rollBack: false, resolve: () => undefined, reject: failed });
    if (!this.#isScheduled) this.#timer ??= systemClock.after(LATER_MS, () => this.flush());
  }

  /** Why the last commit failed; undefined once one has succeeded again. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Commits what is waiting, at once. */
  flush(): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    this.#isScheduled = false;
    this.#timer?.();
    this.#timer = undefined;
    if (jobs.length === 0) return;
    const answers: (() => void)[] = [];
    try {
      this.#transact(() => jobs.forEach((job) => answers.push(this.#try(job))));
    } catch (error) {
      this.#failure = error;
      this.#hooks.failed?.();
      jobs.forEach(({ reject }) => reject(error));
      return;
    }
    this.#failure = undefined;
    try {
      this.#hooks.committed?.();
    } finally {
      answers.forEach((answer) => answer());
    }
  }

  #try({ work, rollBack, resolve, reject }: Job): () => void {
    let result: unknown;
    try {
      this.#transact(() => {
        result = work();
        if (rollBack) throw new RolledBack();
      });
    } catch (error) {
      if (!this.#db.inTransaction) throw error;
      this.#hooks.undone?.();
      return error instanceof RolledBack ? () => resolve(result as never) : () => reject(error);
    }
    this.#hooks.done?.();
    return () => resolve(result as never);
  }
}

class RolledBack extends Error {}
