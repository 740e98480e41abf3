import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { User } from '../../../../protocol/kubernetes.ts';
import { forbidden, unauthorized } from '../status-error.ts';

export const ADMIN_GROUP = 'system:masters';
export const NODES_GROUP = 'system:nodes';
const AUTHENTICATED = 'system:authenticated';

/** What the unknown may read. */
export const PUBLIC_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/livez', '/version']);

/** OpenSSL's answer is costly, and the same for as long as a connection lasts. */
const known = new WeakMap<Socket, User | undefined>();

/** The user of a connection, CN and O of its certificate as Kubernetes reads them; undefined without a certificate that the cluster's CA signed. */
export function userOf(socket: Socket): User | undefined {
  if (!known.has(socket)) known.set(socket, readUser(socket));
  return known.get(socket);
}

function readUser(socket: Socket): User | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const subject = socket.getPeerCertificate().subject as Record<string, string | string[]> | undefined;
  const [name] = [subject?.['CN'] ?? []].flat();
  return name === undefined || name === '' ? undefined : { name, groups: [...[subject?.['O'] ?? []].flat(), AUTHENTICATED] };
}

/**
 * As whom a request is carried out: the user itself or, for administrators who ask so, the one in Impersonate-User with the groups in
 * Impersonate-Group. @throws StatusError 401, 403
 */
export function actingUser(
  user: User | undefined,
  { headersDistinct: headers }: Pick<IncomingMessage, 'headersDistinct'>,
): User | undefined {
  const [name] = headers['impersonate-user'] ?? [];
  if (name === undefined) return user;
  if (user === undefined) throw unauthorized();
  if (!user.groups.includes(ADMIN_GROUP)) {
    const why = `User "${user.name}" cannot impersonate resource "users" in API group "" at the cluster scope`;
    throw forbidden({ group: '', plural: 'users' }, name, why);
  }
  return { name, groups: [...new Set([...(headers['impersonate-group'] ?? []), AUTHENTICATED])] };
}
