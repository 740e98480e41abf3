/** The parts of aedes' store that hold the QoS 2 publications of clients which have not released them yet. */
export interface IncomingStore {
  incomingStorePacket(client: { id: string }, packet: { messageId?: number }): Promise<void>;
  incomingDelPacket(client: { id: string }, packet: { messageId?: number }): Promise<void>;
  cleanIncoming(client: { id: string }): Promise<void>;
}

/** Knows at once which QoS 2 publications have been taken already, so that a repetition is nothing new (MQTT 3.1.1 §4.3.3). */
export class Unreleased {
  readonly #ids = new Map<string, Set<number>>();

  constructor(store: IncomingStore) {
    const keep = store.incomingStorePacket.bind(store);
    const release = store.incomingDelPacket.bind(store);
    const clean = store.cleanIncoming.bind(store);
    store.incomingStorePacket = async (client, packet) => {
      await keep(client, packet);
      if (packet.messageId !== undefined) this.#ids.set(client.id, (this.#ids.get(client.id) ?? new Set()).add(packet.messageId));
    };
    store.incomingDelPacket = async (client, packet) => {
      await release(client, packet);
      const ids = this.#ids.get(client.id);
      if (packet.messageId !== undefined) ids?.delete(packet.messageId);
      if (ids?.size === 0) this.#ids.delete(client.id);
    };
    store.cleanIncoming = async (client) => {
      await clean(client);
      this.#ids.delete(client.id);
    };
  }

  has(clientId: string, messageId: number): boolean {
    return this.#ids.get(clientId)?.has(messageId) === true;
  }
}
