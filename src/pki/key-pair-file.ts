import { readFile, rename } from 'node:fs/promises';
import { KedgeError, systemCode } from '../kernel/errors.ts';
import { syncFolderOf, writeSecretFile } from '../kernel/secret-file.ts';
import type { KeyPair } from './key-pair.ts';
import { isPair } from './key-pair.ts';

interface Files {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads a certificate and its key, and finishes a replacement that was interrupted.
 * @returns undefined when either file is missing
 * @throws KedgeError CERTIFICATE when they do not belong together, PERMISSION
 */
export async function readKeyPair(files: Files): Promise<KeyPair | undefined> {
  const present = await readBoth(files);
  if (present === undefined || isPair(present)) return present ?? finishReplacement(files);
  // Another process may just be at it.
  const finished = (await finishReplacement(files)) ?? (await readBoth(files));
  if (finished !== undefined && isPair(finished)) return finished;
  throw new KedgeError('CERTIFICATE', `${files.key} is not the key of ${files.cert}`);
}

/**
 * Puts a pair in the place of the one that is there. Two files cannot be renamed at once: the certificate waits beside the old one, the
 * key takes its place, the certificate follows. Whenever this is interrupted, readKeyPair finds the old pair or the new one.
 */
export async function writeKeyPair(files: Files, { certPem, keyPem }: KeyPair): Promise<void> {
  await writeSecretFile(waiting(files), certPem);
  await writeSecretFile(files.key, keyPem);
  await follow(files);
}

/** @throws KedgeError NOT_INSTALLED when either file is missing, and what readKeyPair throws */
export async function requireKeyPair(files: Files): Promise<KeyPair> {
  const pair = await readKeyPair(files);
  if (pair !== undefined) return pair;
  throw new KedgeError('NOT_INSTALLED', `${files.cert} or its key is missing`, {
    hint: 'run kedge init cloud, which makes what is missing',
  });
}

/** A certificate that waits for a key that is in place already. */
async function finishReplacement(files: Files): Promise<KeyPair | undefined> {
  const [certPem, keyPem] = await Promise.all([readPem(waiting(files)), readPem(files.key)]);
  if (certPem === undefined || keyPem === undefined || !isPair({ certPem, keyPem })) return undefined;
  await follow(files);
  return { certPem, keyPem };
}

async function follow(files: Files): Promise<void> {
  await rename(waiting(files), files.cert).catch((error: unknown) => {
    // Whoever read the pair meanwhile has finished the replacement.
    if (systemCode(error) !== 'ENOENT') throw error;
  });
  await syncFolderOf(files.cert);
}

function waiting({ cert }: Files): string {
  return `${cert}.next`;
}

async function readBoth({ cert, key }: Files): Promise<KeyPair | undefined> {
  const [certPem, keyPem] = await Promise.all([readPem(cert), readPem(key)]);
  return certPem === undefined || keyPem === undefined ? undefined : { certPem, keyPem };
}

async function readPem(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new KedgeError('PERMISSION', `${path} cannot be read`, { cause: error });
  }
}
