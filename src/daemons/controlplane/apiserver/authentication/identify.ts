import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { KedgeError } from '../../../../kernel/errors.ts';
import type { User } from '../../../../protocol/kubernetes.ts';
import { unauthorized } from '../status-error.ts';
import { certificateEnd, userOfCertificate } from './certificate-user.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';

/**
 * Who sends a request: the owner of its certificate, else of its bearer token; undefined when it shows neither. A token that is not good
 * is refused whatever else the request shows, and so is a certificate that has ended (`now`, ms since the epoch) while its connection
 * goes on. @throws StatusError 401
 */
export async function identify(
  { socket, headersDistinct: headers }: Pick<IncomingMessage, 'headersDistinct'> & { readonly socket: Socket },
  tokens: TokenAuthenticator,
  now: number,
): Promise<User | undefined> {
  if (now > (certificateEnd(socket) ?? Infinity)) throw unauthorized();
  const token = bearerToken(headers['authorization'] ?? []);
  const owner = token === undefined ? undefined : await ownerOf(token, tokens);
  return userOfCertificate(socket) ?? owner;
}

/** @throws StatusError 401 when there are several */
function bearerToken([authorization, ...more]: readonly string[]): string | undefined {
  if (more.length > 0) throw unauthorized();
  const [scheme = '', token = ''] = authorization?.trim().split(/ +/) ?? [];
  return scheme.toLowerCase() === 'bearer' ? token : undefined;
}

async function ownerOf(token: string, tokens: TokenAuthenticator): Promise<User> {
  try {
    return (await tokens.authenticate(token)).user;
  } catch (error) {
    if (error instanceof KedgeError && error.code === 'AUTH') throw unauthorized();
    throw error;
  }
}
