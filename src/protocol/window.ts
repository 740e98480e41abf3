import type { IncomingHttpHeaders } from 'node:http';

/**
 * How many messages may be on their way without an acknowledgement. An edge of kedge names what it takes in the upgrade request, a cloud of
 * kedge answers with what it grants. KubeEdge does neither, and one message is on its way at a time.
 */
export const WINDOW_HEADER = 'Kedge-Window';

/** What an edge of kedge takes. */
export const EDGE_WINDOW = 256;

/** The window in the headers of an upgrade; undefined if there is none: the peer is KubeEdge's. */
export function findWindow(headers: IncomingHttpHeaders): number | undefined {
  const value = headers[WINDOW_HEADER.toLowerCase()];
  return typeof value === 'string' && /^[1-9]\d{0,4}$/.test(value) ? Number(value) : undefined;
}

/** The window in the headers of an upgrade, or 1. */
export function readWindow(headers: IncomingHttpHeaders): number {
  return findWindow(headers) ?? 1;
}
