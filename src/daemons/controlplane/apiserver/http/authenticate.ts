import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Who sends a request: CN and O of the client certificate, as Kubernetes reads them. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export const ADMIN_GROUP = 'system:masters';

/** What the unknown may read. */
export const PUBLIC_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/livez', '/version']);

/** OpenSSL's answer is costly, and the same for as long as a connection lasts. */
const known = new WeakMap<Socket, User | undefined>();

/** The user of a connection; undefined without a certificate that the cluster's CA signed. */
export function userOf(socket: Socket): User | undefined {
  if (!known.has(socket)) known.set(socket, readUser(socket));
  return known.get(socket);
}

function readUser(socket: Socket): User | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const subject = socket.getPeerCertificate().subject as Record<string, string | string[]> | undefined;
  const [name] = [subject?.['CN'] ?? []].flat();
  return name === undefined || name === '' ? undefined : { name, groups: [subject?.['O'] ?? []].flat() };
}
