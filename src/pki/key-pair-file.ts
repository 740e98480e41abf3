import { readFile } from 'node:fs/promises';
import { KedgeError, systemCode } from '../kernel/errors.ts';
import { writeSecretFile } from '../kernel/secret-file.ts';
import type { KeyPair } from './key-pair.ts';
import { isPair } from './key-pair.ts';

interface Files {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads a certificate and its key.
 * @returns undefined when either file is missing
 * @throws KedgeError CERTIFICATE when they do not belong together, PERMISSION
 */
export async function readKeyPair({ cert, key }: Files): Promise<KeyPair | undefined> {
  const [certPem, keyPem] = await Promise.all([readPem(cert), readPem(key)]);
  if (certPem === undefined || keyPem === undefined) return undefined;
  const pair = { certPem, keyPem };
  if (!isPair(pair)) throw new KedgeError('CERTIFICATE', `${key} is not the key of ${cert}`);
  return pair;
}

/** Writes the key before the certificate: a certificate without its key would be of no use. */
export async function writeKeyPair({ cert, key }: Files, { certPem, keyPem }: KeyPair): Promise<void> {
  await writeSecretFile(key, keyPem);
  await writeSecretFile(cert, certPem);
}

/** @throws KedgeError NOT_INSTALLED when either file is missing, and what readKeyPair throws */
export async function requireKeyPair(files: Files): Promise<KeyPair> {
  const pair = await readKeyPair(files);
  if (pair !== undefined) return pair;
  throw new KedgeError('NOT_INSTALLED', `${files.cert} or its key is missing`, {
    hint: 'run kedge init cloud, which makes what is missing',
  });
}

async function readPem(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new KedgeError('PERMISSION', `${path} cannot be read`, { cause: error });
  }
}
