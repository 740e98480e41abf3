import { readFile } from 'node:fs/promises';
import { systemCode } from '../../../../kernel/errors.ts';
import { writeSecretFile } from '../../../../kernel/secret-file.ts';
import { createKeyPem } from '../../../../pki/key-pair.ts';
import { ServiceAccountKey } from '../../../../pki/service-account-token.ts';

/** The key in the file (PEM, 0600), which is made when it is missing. @throws KedgeError CERTIFICATE when there is something else in it */
export async function loadTokenKey(path: string): Promise<ServiceAccountKey> {
  try {
    return new ServiceAccountKey(await readFile(path, 'utf8'));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  const keyPem = createKeyPem();
  await writeSecretFile(path, keyPem);
  return new ServiceAccountKey(keyPem);
}
