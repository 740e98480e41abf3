import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import type { LoginResult } from './access.ts';
import { isPassword, NO_PASSWORD } from './password.ts';

/** Logins that wait for their turn; hashing is slow on purpose. */
const MOST_WAITING = 32;
const MOST_ADDRESSES = 10_000;
const MINUTE_MS = 60_000;

/**
 * Checks passwords one at a time, so that a flood of logins costs one core at most and no more memory. An address with too many wrong ones
 * waits. A password that was right is known again without the slow hash, so that many devices may come back at once.
 */
export class Logins {
  readonly #clock: Clock;
  readonly #failuresPerMinute: number;
  readonly #secret = randomBytes(32);
  readonly #known = new Map<string, string>();
  readonly #failures = new Map<string, { count: number; since: number }>();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(failuresPerMinute: number, clock: Clock) {
    this.#failuresPerMinute = failuresPerMinute;
    this.#clock = clock;
  }

  /** @param hash what is stored of the user; undefined: there is no such user */
  async check(hash: string | undefined, password: Buffer, address: string): Promise<LoginResult> {
    const mark =
      hash === undefined ? undefined : createHmac('sha256', this.#secret).update(hash).update('\0').update(password).digest('base64');
    if (hash !== undefined && this.#known.get(hash) === mark) return 'ok';
    if (this.#isBlocked(address) || this.#waiting >= MOST_WAITING) return 'busy';
    const isRight = await this.#inTurn(() => (this.#isBlocked(address) ? undefined : isPassword(password, hash ?? NO_PASSWORD)));
    if (isRight === undefined) return 'busy';
    if (isRight && hash !== undefined && mark !== undefined) {
      this.#known.set(hash, mark);
      return 'ok';
    }
    this.#fail(address);
    return 'wrong';
  }

  forget(hash: string): void {
    this.#known.delete(hash);
  }

  #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    this.#waiting += 1;
    const result = this.#last.then(work).finally(() => (this.#waiting -= 1));
    this.#last = result.catch(() => undefined);
    return result;
  }

  #isBlocked(address: string): boolean {
    const entry = this.#failures.get(address);
    return entry !== undefined && entry.count >= this.#failuresPerMinute && this.#clock.now() - entry.since < MINUTE_MS;
  }

  #fail(address: string): void {
    const now = this.#clock.now();
    const entry = this.#failures.get(address);
    if (entry !== undefined && now - entry.since < MINUTE_MS) entry.count += 1;
    else this.#failures.set(address, { count: 1, since: now });
    // The oldest comes first.
    for (const [other, { since }] of this.#failures) {
      if (this.#failures.size <= MOST_ADDRESSES && now - since < MINUTE_MS) return;
      this.#failures.delete(other);
    }
  }
}
