const KEPT = 64;

/** The ids of the last messages of each device, to recognise repetitions. */
export class RecentIds {
  readonly #ids = new Map<string, Set<string>>();

  /** False when the id is known. */
  add(key: string, id: string): boolean {
    const ids = this.#ids.get(key) ?? new Set();
    if (ids.has(id)) return false;
    this.#ids.set(key, ids.add(id));
    const [oldest] = ids;
    if (ids.size > KEPT && oldest !== undefined) ids.delete(oldest);
    return true;
  }

  remove(key: string, ids: readonly string[]): void {
    for (const id of ids) this.#ids.get(key)?.delete(id);
  }

  forget(key: string): void {
    this.#ids.delete(key);
  }
}
