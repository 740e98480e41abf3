import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { User } from '../../../../protocol/kubernetes.ts';
import { AUTHENTICATED_GROUP } from '../authorization/attributes.ts';

/** OpenSSL's answer is costly, and the same for as long as a connection lasts. */
const known = new WeakMap<Socket, User | undefined>();

/** The user of a connection, CN and O of its certificate as Kubernetes reads them; undefined without a certificate that the cluster's CA signed. */
export function userOfCertificate(socket: Socket): User | undefined {
  if (!known.has(socket)) known.set(socket, readUser(socket));
  return known.get(socket);
}

function readUser(socket: Socket): User | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const subject = socket.getPeerCertificate().subject as Record<string, string | string[]> | undefined;
  const [name] = [subject?.['CN'] ?? []].flat();
  return name === undefined || name === '' ? undefined : { name, groups: [...[subject?.['O'] ?? []].flat(), AUTHENTICATED_GROUP] };
}
