import { Readable } from 'node:stream';
import type { MqttMessage } from './message.ts';
import type { Journal, SessionStore } from './session-store.ts';
import { matchesFilter } from '../protocol/topic-filter.ts';

export interface RetainedLimits {
  readonly retainedMessages: number;
  /** Of all payloads together. */
  readonly retainedBytes: number;
}

/** The retained messages: on disk, with their sizes in memory. */
export class Retained {
  readonly #store: SessionStore;
  readonly #journal: Journal;
  readonly #limits: RetainedLimits;
  readonly #sizes: Map<string, number>;
  #bytes: number;

  constructor(store: SessionStore, journal: Journal, limits: RetainedLimits) {
    this.#store = store;
    this.#journal = journal;
    this.#limits = limits;
    this.#sizes = new Map(store.retainedSizes().map(({ topic, bytes }) => [topic, bytes]));
    this.#bytes = [...this.#sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  get size(): { messages: number; bytes: number } {
    return { messages: this.#sizes.size, bytes: this.#bytes };
  }

  /** Takes a message that is to be retained; an empty one frees its topic. @returns the write; undefined if there is no room */
  accept({ topic, payload, qos }: Omit<MqttMessage, 'retain'>): (() => void) | undefined {
    const before = this.#sizes.get(topic);
    const bytes = this.#bytes - (before ?? 0) + payload.length;
    const messages = this.#sizes.size + (before === undefined ? 1 : 0);
    if (payload.length > 0 && (messages > this.#limits.retainedMessages || bytes > this.#limits.retainedBytes)) return undefined;
    this.#bytes = bytes;
    if (payload.length === 0) this.#sizes.delete(topic);
    else this.#sizes.set(topic, payload.length);
    return () => this.#store.putRetained({ topic, payload, qos });
  }

  /** The messages under any of the filters, each once. */
  matching(filters: readonly string[]): Readable {
    this.#journal.flush();
    return Readable.from(this.#read(filters));
  }

  *#read(filters: readonly string[]): Generator<object> {
    const isPlain = filters.every((filter) => !/[+#]/.test(filter));
    const topics = isPlain
      ? new Set(filters)
      : [...this.#sizes.keys()].filter((topic) => filters.some((filter) => matchesFilter(filter, topic)));
    for (const topic of topics) {
      const message = this.#sizes.has(topic) ? this.#store.retained(topic) : undefined;
      if (message !== undefined) yield { cmd: 'publish', topic, retain: true, ...message };
    }
  }
}
