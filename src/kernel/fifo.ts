/** Below this, what is at the front of an array goes quickly. */
const COMPACT_FROM = 1_024;

/** First in, first out. Unlike `shift()` of an array, which moves all the rest, taking costs the same however many wait. */
export class Fifo<T> {
  #items: (T | undefined)[];
  /** How many places at the front are taken already. */
  #taken = 0;

  /** Begins with these, in their order. */
  constructor(items: Iterable<T> = []) {
    this.#items = [...items];
  }

  get length(): number {
    return this.#items.length - this.#taken;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The one that waits longest; undefined when none does. */
  shift(): T | undefined {
    const item = this.#items[this.#taken];
    if (this.length === 0) return undefined;
    this.#items[this.#taken] = undefined;
    this.#taken += 1;
    // Moves each item once at most, on average, and keeps no more places than items.
    if (this.length === 0 || (this.#taken >= COMPACT_FROM && this.#taken > this.length)) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#taken = 0;
  }
}
