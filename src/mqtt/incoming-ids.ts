import type { Journal, SessionStore } from './session-store.ts';

interface Publisher {
  readonly id: string;
  readonly clean: boolean;
}

/**
 * The ids of QoS 2 messages that a client has not released, so that a repetition is nothing new (MQTT 3.1.1 §4.3.3). Those of a session
 * that outlives its connection are on disk, written together with the message itself.
 */
export class IncomingIds {
  readonly #store: SessionStore;
  readonly #journal: Journal;
  /** `taken`: kept, but aedes has not been told. */
  readonly #ids = new Map<string, Map<number, 'taken' | 'stored'>>();

  constructor(store: SessionStore, journal: Journal) {
    this.#store = store;
    this.#journal = journal;
    for (const { client, messageId } of store.incoming()) this.#set(client, messageId, 'stored');
  }

  has(client: string, messageId: number): boolean {
    return this.#ids.get(client)?.has(messageId) === true;
  }

  isStored(client: string, messageId: number): boolean {
    return this.#ids.get(client)?.get(messageId) === 'stored';
  }

  hasAny(client: string): boolean {
    return this.#ids.has(client);
  }

  /** Notes a new message. @returns the write; undefined if there is none */
  take({ id, clean }: Publisher, messageId: number): (() => void) | undefined {
    this.#set(id, messageId, 'taken');
    return clean ? undefined : () => this.#store.putIncoming(id, messageId);
  }

  store(client: string, messageId: number): void {
    this.#set(client, messageId, 'stored');
  }

  /** The message was not taken after all. */
  drop(client: string, messageId: number): void {
    const ids = this.#ids.get(client);
    ids?.delete(messageId);
    if (ids?.size === 0) this.#ids.delete(client);
  }

  /** The client will use the id for another message as soon as it is told, so this is on disk before. */
  async release({ id, clean }: Publisher, messageId: number): Promise<void> {
    if (!clean) await this.#journal.run(() => this.#store.removeIncoming(id, messageId));
    this.drop(id, messageId);
  }

  forget(client: string): void {
    this.#ids.delete(client);
  }

  #set(client: string, messageId: number, state: 'taken' | 'stored'): void {
    const ids = this.#ids.get(client);
    if (ids === undefined) this.#ids.set(client, new Map([[messageId, state]]));
    else ids.set(messageId, state);
  }
}
