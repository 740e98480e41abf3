import type { KubeObject } from '../../protocol/kubernetes.ts';

/** The facts that the edge's modules tell one another. */
export interface EdgeEvents {
  cloudConnected: Record<string, never>;
  cloudDisconnected: Record<string, never>;
  /** The cloud's object was stored (the row is on disk, the ack may be on its way). */
  objectStored: { namespace: string; type: string; name: string; object: KubeObject };
  /** The cloud's object was deleted from the store. `object` is what had been stored, if anything. */
  objectDeleted: { namespace: string; type: string; name: string; object?: KubeObject };
}
