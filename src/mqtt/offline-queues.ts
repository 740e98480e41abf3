/** The parts of aedes' store of sessions that fill the queues of clients that are away, or do not acknowledge. */
export interface SessionStore {
  outgoingEnqueueCombi(subscriptions: readonly { clientId: string }[], packet: unknown): Promise<void>;
  outgoingClearMessageId(client: { id: string }, packet: unknown): Promise<unknown>;
}

/**
 * Bounds the queues of persistent sessions, which aedes lets grow for ever: beyond `limit` messages a client misses the new ones,
 * as with mosquitto's `max_queued_messages`.
 */
export function boundOfflineQueues(store: SessionStore, limit: number): void {
  const lengths = new Map<string, number>();
  const enqueue = store.outgoingEnqueueCombi.bind(store);
  const clear = store.outgoingClearMessageId.bind(store);
  store.outgoingEnqueueCombi = (subscriptions, packet) => {
    const open = subscriptions.filter(({ clientId }) => (lengths.get(clientId) ?? 0) < limit);
    for (const { clientId } of open) lengths.set(clientId, (lengths.get(clientId) ?? 0) + 1);
    return enqueue(open, packet);
  };
  store.outgoingClearMessageId = async (client, packet) => {
    const cleared = await clear(client, packet);
    if (cleared === undefined) return undefined;
    const left = (lengths.get(client.id) ?? 0) - 1;
    if (left > 0) lengths.set(client.id, left);
    else lengths.delete(client.id);
    return cleared;
  };
}
