import { KedgeError } from '../kernel/errors.ts';

/** Waits for what others bring about, without polling: whoever changes something calls `notify`. */
export class Arrivals {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Resolves with true as soon as it holds, with false after `ms`. @throws KedgeError when interrupted */
  until(holds: () => boolean, ms: number, signal: AbortSignal): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        signal.removeEventListener('abort', abort);
        settle();
      };
      const check = (): void => {
        if (holds()) end(() => resolve(true));
      };
      const abort = (): void => end(() => reject(new KedgeError('UNREACHABLE', 'the replay was interrupted')));
      const timer = setTimeout(() => end(() => resolve(false)), ms);
      this.#waiting.add(check);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
    });
  }
}
