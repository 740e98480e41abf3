import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { User } from '../../../../protocol/kubernetes.ts';
import { AUTHENTICATED_GROUP } from '../authorization/attributes.ts';

interface CertificateUser {
  readonly user: User;
  /** Until when the certificate is good, ms since the epoch. */
  readonly ends: number;
}

/** OpenSSL's answer is costly, and the same for as long as a connection lasts. */
const known = new WeakMap<Socket, CertificateUser | undefined>();

/** The user of a connection, CN and O of its certificate as Kubernetes reads them; undefined without a certificate that the cluster's CA signed. */
export function userOfCertificate(socket: Socket): User | undefined {
  return lookUp(socket)?.user;
}

/** Until when the certificate of such a user is good, ms since the epoch. */
export function certificateEnd(socket: Socket): number | undefined {
  return lookUp(socket)?.ends;
}

function lookUp(socket: Socket): CertificateUser | undefined {
  if (!known.has(socket)) known.set(socket, readUser(socket));
  return known.get(socket);
}

function readUser(socket: Socket): CertificateUser | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const certificate = socket.getPeerCertificate();
  const subject = certificate.subject as Record<string, string | string[]> | undefined;
  const [name] = [subject?.['CN'] ?? []].flat();
  if (name === undefined || name === '') return undefined;
  return { user: { name, groups: [...[subject?.['O'] ?? []].flat(), AUTHENTICATED_GROUP] }, ends: Date.parse(certificate.valid_to) };
}
