import type { Clock } from '../../../kernel/clock.ts';
import { KedgeError } from '../../../kernel/errors.ts';
import type { Message } from '../../../protocol/message.ts';

const MAX_WAITERS = 1_000;

/** Requests that wait for a message whose parent_msg_id is theirs. */
export class Waiters {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, { resolve: (answer: Message) => void; reject: (error: Error) => void }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws KedgeError TIMEOUT, or UNREACHABLE when too many wait already */
  wait(request: Message, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }): Promise<Message> {
    const { header, route } = request;
    const what = `${route.operation ?? ''} ${route.resource ?? ''}`;
    if (this.#waiting.size >= MAX_WAITERS)
      return Promise.reject(new KedgeError('UNREACHABLE', `too many requests wait for the cloud: ${what}`));
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#waiting.delete(header.msg_id);
        signal.removeEventListener('abort', abort);
        cancel();
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const abort = (): void => {
        fail(new KedgeError('UNREACHABLE', `${what} was given up`));
      };
      const cancel = this.#clock.after(timeoutMs, () => {
        fail(new KedgeError('TIMEOUT', `the cloud did not answer ${what} within ${timeoutMs / 1000} s`));
      });
      const succeed = (answer: Message): void => {
        settle();
        resolve(answer);
      };
      this.#waiting.set(header.msg_id, { resolve: succeed, reject: fail });
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
    });
  }

  /** @returns false when nobody waits for this answer */
  answer(message: Message): boolean {
    const waiter = this.#waiting.get(message.header.parent_msg_id ?? '');
    waiter?.resolve(message);
    return waiter !== undefined;
  }

  /** The request could not be sent. */
  fail(request: Message, reason: string): void {
    const { route, header } = request;
    this.#waiting.get(header.msg_id)?.reject(new KedgeError('UNREACHABLE', `${route.operation ?? ''} ${route.resource ?? ''}: ${reason}`));
  }

  /** The connection is gone: no answer will come. */
  failAll(reason: string): void {
    for (const { reject } of [...this.#waiting.values()]) reject(new KedgeError('UNREACHABLE', `the cloud went away: ${reason}`));
  }
}
