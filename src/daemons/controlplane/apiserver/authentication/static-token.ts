import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { KedgeError, systemCode } from '../../../../kernel/errors.ts';
import { writeSecretFile } from '../../../../kernel/secret-file.ts';
import type { User } from '../../../../protocol/kubernetes.ts';
import { AUTHENTICATED_GROUP, MASTERS_GROUP } from '../authorization/attributes.ts';

const ADMINISTRATOR: User = { name: 'kedge-admin', groups: [MASTERS_GROUP, AUTHENTICATED_GROUP] };
const TOKEN = /^[\x21-\x7e]{32,1024}$/;

/** The administrator's token, which does not change while the server runs. Its hash alone is kept. */
export class StaticToken {
  readonly #hash: Buffer;

  constructor(token: string) {
    this.#hash = hashOf(token);
  }

  /** Whose token it is; undefined when it is another one. The time it takes says nothing about the token. */
  userOf(token: string): User | undefined {
    return timingSafeEqual(hashOf(token), this.#hash) ? ADMINISTRATOR : undefined;
  }
}

/** The token in the file (0600), which is made when it is missing. @throws KedgeError INVALID_CONFIG when it is too short to be safe */
export async function loadAdminToken(path: string): Promise<StaticToken> {
  const present = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  const token = present?.trim() ?? randomBytes(32).toString('base64url');
  if (!TOKEN.test(token)) throw new KedgeError('INVALID_CONFIG', `${path} holds no token of 32 to 1024 printable characters`);
  if (present === undefined) await writeSecretFile(path, `${token}\n`);
  return new StaticToken(token);
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
