import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { KedgeError, messageOf } from '../../../kernel/errors.ts';
import { readKeyPair } from '../../../pki/key-pair-file.ts';
import type { KeyPair } from '../../../pki/key-pair.ts';
import type { Validity } from '../../../pki/lifetime.ts';

/** Paths of the edge's PEM files; KubeEdge's names: rootCA.crt, server.crt, server.key. */
export interface CredentialPaths {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** By what this edge knows the cloud, and what it shows to it. */
export interface Credentials {
  readonly caPem: string;
  readonly pair: KeyPair;
  readonly validity: Validity;
}

/**
 * Reads the edge's credentials as they are now, so that a renewed certificate serves the next dial.
 * @throws KedgeError CERTIFICATE
 */
export async function readCredentials(paths: CredentialPaths): Promise<Credentials> {
  try {
    const [caPem, pair] = await Promise.all([readFile(paths.ca, 'utf8'), readKeyPair(paths)]);
    if (pair === undefined) throw new Error(`${paths.cert} or its key is missing`);
    const { validFrom, validTo } = new X509Certificate(pair.certPem);
    return { caPem, pair, validity: { notBefore: new Date(validFrom), notAfter: new Date(validTo) } };
  } catch (error) {
    throw new KedgeError('CERTIFICATE', `cannot read this edge's certificates: ${messageOf(error)}`, {
      hint: 'kedge join edge --cloud HOST:PORT --token TOKEN',
      cause: error,
    });
  }
}
