export interface BackoffOptions {
  /** First delay, ms. */
  readonly initialMs: number;
  /** Largest delay before jitter, ms. */
  readonly maxMs: number;
  /** A number in [0, 1); injected so that tests can seed it. */
  readonly random?: () => number;
}

/** Doubling delays with jitter: each is between half and the whole of the current step. */
export class Backoff {
  readonly #options: BackoffOptions;
  #attempt = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** The next delay in ms. */
  next(): number {
    const { initialMs, maxMs, random = Math.random } = this.#options;
    const step = Math.min(maxMs, initialMs * 2 ** Math.min(this.#attempt, 30));
    this.#attempt += 1;
    return Math.round(step * (0.5 + random() / 2));
  }

  /** Starts again at the first delay; call it after a success. */
  reset(): void {
    this.#attempt = 0;
  }
}
