export interface RetainedLimits {
  readonly topics: number;
  /** Of all payloads together. */
  readonly bytes: number;
}

/** Counts what the broker retains, for aedes would keep any number of messages. */
export class Retained {
  readonly #limits: RetainedLimits;
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  constructor(limits: RetainedLimits) {
    this.#limits = limits;
  }

  /** Counts a message that is to be retained; false if there is no room for it. An empty one frees its topic. */
  accept({ topic, payload }: { topic: string; payload: Uint8Array }): boolean {
    const before = this.#sizes.get(topic);
    const bytes = this.#bytes - (before ?? 0) + payload.length;
    const topics = this.#sizes.size + (before === undefined ? 1 : 0);
    if (payload.length > 0 && (topics > this.#limits.topics || bytes > this.#limits.bytes)) return false;
    this.#bytes = bytes;
    if (payload.length === 0) this.#sizes.delete(topic);
    else this.#sizes.set(topic, payload.length);
    return true;
  }
}
