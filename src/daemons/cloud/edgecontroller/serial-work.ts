/** Runs work one after the other per key, in the order in which it came: an older report never overtakes a newer one. */
export class SerialWork {
  readonly #tails = new Map<string, Promise<void>>();

  /** Resolves or rejects as `work` does, once it had its turn. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#tails.get(key) ?? Promise.resolve();
    const result = turn.then(work);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.#tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
