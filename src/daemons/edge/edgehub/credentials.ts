import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { KedgeError, messageOf } from '../../../kernel/errors.ts';

/** Paths of the edge's PEM files; KubeEdge's names: rootCA.crt, server.crt, server.key. */
export interface CredentialPaths {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** When the edge's certificate expires, ms since the epoch. */
  readonly expiresAt: number;
}

/**
 * Reads the edge's credentials as they are now, so that a rotated certificate serves the next dial.
 * @throws KedgeError CERTIFICATE
 */
export async function readCredentials(paths: CredentialPaths): Promise<Credentials> {
  try {
    const [ca, cert, key] = await Promise.all([paths.ca, paths.cert, paths.key].map((path) => readFile(path, 'utf8')));
    if (ca === undefined || cert === undefined || key === undefined) throw new Error('a file is missing');
    return { ca, cert, key, expiresAt: Date.parse(new X509Certificate(cert).validTo) };
  } catch (error) {
    throw new KedgeError('CERTIFICATE', `cannot read this edge's certificates: ${messageOf(error)}`, {
      hint: 'kedge join edge --cloud HOST:PORT --token TOKEN',
      cause: error,
    });
  }
}
