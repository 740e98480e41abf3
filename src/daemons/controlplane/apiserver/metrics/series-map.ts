import type { Labels } from './family.ts';

/** From so many series on, each new one first makes those go that nobody needs. */
const MANY_SERIES = 2_000;

/** The series of a metric, each with its labels. */
export class SeriesMap<T> {
  readonly #series = new Map<string, { readonly labels: Labels; readonly value: T }>();
  readonly #make: () => T;
  readonly #isWanted: (labels: Labels) => boolean;

  /**
   * @param make what a series begins with
   * @param isWanted whether a series may still be needed; a resource that is served no longer has none
   */
  constructor(make: () => T, isWanted: (labels: Labels) => boolean) {
    this.#make = make;
    this.#isWanted = isWanted;
  }

  /** The series of these labels, whose values in order are `key`. */
  at(key: string, labels: () => Labels): T {
    const known = this.#series.get(key);
    if (known !== undefined) return known.value;
    if (this.#series.size >= MANY_SERIES) this.#forget();
    const value = this.#make();
    this.#series.set(key, { labels: labels(), value });
    return value;
  }

  entries(): { readonly labels: Labels; readonly value: T }[] {
    return [...this.#series.values()];
  }

  #forget(): void {
    for (const [key, { labels }] of this.#series) if (!this.#isWanted(labels)) this.#series.delete(key);
  }
}
