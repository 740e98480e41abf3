import { access, constants } from 'node:fs/promises';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { ensureDir0700 } from '../kernel/secret-file.ts';
import type { DaemonPaths } from '../config/home.ts';

const MIN_NODE = [20, 19] as const;

/**
 * Makes sure that this Node.js will do and that the home's folders exist and are closed to others.
 * @throws KedgeError USAGE or PERMISSION
 */
export async function checkMachine(home: string, { dir, pki }: DaemonPaths): Promise<string> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
    throw new KedgeError('USAGE', `kedge needs Node.js ${MIN_NODE.join('.')} or newer; this is ${process.versions.node}`);
  }
  try {
    await ensureDir0700(dir);
    await ensureDir0700(pki);
    await access(dir, constants.W_OK);
  } catch (error) {
    const why = systemCode(error) === 'EACCES' ? 'this user may not write there' : messageOf(error);
    throw new KedgeError('PERMISSION', `cannot use ${home} as home: ${why}`, { hint: 'choose another --home', cause: error });
  }
  return home;
}
