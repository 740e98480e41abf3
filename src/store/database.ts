import { chmodSync } from 'node:fs';
import type BetterSqlite3 from 'better-sqlite3';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { diskTrouble, isDiskFailure } from './disk-trouble.ts';
import { damageOf } from './integrity.ts';
import { loadSqlite } from './sqlite.ts';

/** An open SQLite database. Synchronous; whatever a call wrote is on disk when it returns (WAL, synchronous FULL). */
export type Database = BetterSqlite3.Database;

/** SQL that takes a database from version n to n + 1, where n is its index in the list. Never edit one that was released. */
export type Migrations = readonly string[];

/**
 * Opens `path`, looks whether it is whole, and brings its schema up to date, all migrations in one transaction. `remedy` is what to try when
 * it is damaged.
 * @throws KedgeError INVALID_INPUT when it is damaged, INVALID_CONFIG when the file was written by a newer kedge, PERMISSION when it cannot be opened,
 * ADDON when there is no SQLite for this Node.js
 */
export function openDatabase(path: string, migrations: Migrations, remedy?: string): Database {
  const Sqlite = loadSqlite();
  let db: Database;
  try {
    db = new Sqlite(path);
    // Objects in it may be Secrets; the files beside it (-wal, -shm) take the same mode.
    chmodSync(path, 0o600);
    db.pragma('journal_mode = WAL');
  } catch (error) {
    throw isDamage(error) ? damaged(path, messageOf(error), remedy) : cannotOpen(path, error);
  }
  const damage = damageOf(db);
  if (damage !== undefined) {
    db.close();
    throw damaged(path, damage, remedy);
  }
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  try {
    migrate(db, path, migrations);
  } catch (error) {
    db.close();
    throw isDiskFailure(error) ? cannotOpen(path, error) : error;
  }
  return db;
}

function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(systemCode(error) ?? '');
}

function damaged(path: string, damage: string, hint: string | undefined): KedgeError {
  return new KedgeError('INVALID_INPUT', `the database ${path} is damaged: ${damage}`, { hint });
}

function cannotOpen(path: string, error: unknown): KedgeError {
  const why = (isDiskFailure(error) ? diskTrouble(path) : undefined) ?? messageOf(error);
  const hint = 'make room or give the disk back its write access, then start again; what was acknowledged is kept';
  return new KedgeError('PERMISSION', `cannot open the database ${path}: ${why}`, { ...(isDiskFailure(error) && { hint }), cause: error });
}

function migrate(db: Database, path: string, migrations: Migrations): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > migrations.length) {
    throw new KedgeError(
      'INVALID_CONFIG',
      `${path} was written by a newer kedge (schema ${version}, this one knows ${migrations.length})`,
      {
        hint: 'install that version again, or point --home at another folder',
      },
    );
  }
  db.transaction(() => {
    for (const sql of migrations.slice(version)) db.exec(sql);
    db.pragma(`user_version = ${migrations.length}`);
  })();
}
