import type { IncomingHttpHeaders } from 'node:http';

/**
 * Which store an edge of kedge has: an id that is made together with its database, in the upgrade request. Another one than before tells the
 * cloud that what the edge had acknowledged is gone. KubeEdge's edges do not send it.
 */
export const STORE_HEADER = 'Kedge-Store';

/** The annotation of a Node that holds the id of the store which its ObjectSyncs are about. */
export const STORE_ANNOTATION = 'kedge.io/store';

/** The store's id in the headers of an upgrade; undefined if there is none that can be one. */
export function readStoreId(headers: IncomingHttpHeaders): string | undefined {
  const value = headers[STORE_HEADER.toLowerCase()];
  return typeof value === 'string' && /^[0-9A-Za-z-]{8,64}$/.test(value) ? value : undefined;
}
