import { accessSync, constants, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, systemCode } from '../kernel/errors.ts';

/** Less than this, and the next commit may fail: SQLite's log grows by pages, and needs some for each commit. */
const LITTLE_BYTES = 256 * 1024;

/** What is wrong now with the disk that holds the file, as a sentence; undefined while it takes writes. Looks, and writes nothing. */
export function diskTrouble(path: string): string | undefined {
  const folder = dirname(path);
  try {
    accessSync(path, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    if (free >= LITTLE_BYTES) return undefined;
    return `the disk that holds ${folder} is full (${Math.floor(free / 1024)} KiB free): nothing new is taken until there is room`;
  } catch (error) {
    if (systemCode(error) === 'EROFS') return `the disk that holds ${folder} is read-only: nothing new is taken until it can be written`;
    return `${path} cannot be used: ${messageOf(error)}`;
  }
}

/** The same after a commit that the disk has refused, for what a look cannot tell: a file system that has met an error. */
export function commitTrouble(path: string, failure: unknown): string | undefined {
  if (!isDiskFailure(failure)) return undefined;
  return `the disk that holds ${dirname(path)} takes no writes (${messageOf(failure)}): nothing new is taken until it does`;
}

/** True for a failure of SQLite that comes from the disk and may pass: full, read-only, or broken. */
export function isDiskFailure(error: unknown): boolean {
  return /^SQLITE_(FULL|READONLY|IOERR|CANTOPEN)/.test(systemCode(error) ?? '');
}

/** True for any failure of SQLite. */
export function isDatabaseFailure(error: unknown): boolean {
  return systemCode(error)?.startsWith('SQLITE_') === true;
}
