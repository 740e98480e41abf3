/** Hands values from a callback to one `for await`. A reader that lags misses the oldest values beyond the limit, never the latest. */
export class LatestValues<T> {
  readonly #values: T[];
  readonly #limit: number;
  #wake: () => void = () => undefined;

  constructor(first: T, limit = 1000) {
    this.#values = [first];
    this.#limit = limit;
  }

  put(value: T): void {
    this.#values.push(value);
    if (this.#values.length > this.#limit) this.#values.shift();
    this.#wake();
  }

  /** Ends with the signal's reason. */
  async *read(signal: AbortSignal): AsyncGenerator<T> {
    const onAbort = (): void => {
      this.#wake();
    };
    signal.addEventListener('abort', onAbort);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#values.length > 0) yield this.#values.shift() as T;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
