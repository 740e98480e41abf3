import { chmodSync, closeSync, fsyncSync, openSync } from 'node:fs';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { Database } from './database.ts';
import { damageOf } from './integrity.ts';
import { loadSqlite } from './sqlite.ts';

/**
 * Copies the database `from` into the new file `to`, as it is at one moment, and waits for the disk. Whoever uses the database, in this
 * process or another, goes on meanwhile.
 * @throws KedgeError PERMISSION
 */
export function snapshotDatabase(from: string, to: string): void {
  try {
    const db = new (loadSqlite())(from, { readonly: true, fileMustExist: true });
    try {
      db.prepare('VACUUM INTO ?').run(to);
    } finally {
      db.close();
    }
    chmodSync(to, 0o600);
    const file = openSync(to, 'r');
    fsyncSync(file);
    closeSync(file);
  } catch (error) {
    throw new KedgeError('PERMISSION', `the database ${from} cannot be copied to ${to}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Reads the whole database and finds what is damaged.
 * @throws KedgeError INVALID_INPUT, with what SQLite says
 */
export function checkIntegrity(path: string): void {
  const db = openExisting(path);
  try {
    const damage = damageOf(db);
    if (damage !== undefined) throw new KedgeError('INVALID_INPUT', `the database ${path} is damaged: ${damage}`);
  } finally {
    db.close();
  }
}

function openExisting(path: string): Database {
  try {
    return new (loadSqlite())(path, { fileMustExist: true });
  } catch (error) {
    throw new KedgeError('INVALID_INPUT', `${path} cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}
