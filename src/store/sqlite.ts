import type BetterSqlite3 from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';

const PACKAGE = 'better-sqlite3';
const COMPILER = 'apt-get install python3 make g++';

/**
 * better-sqlite3, of which a part is compiled for one Node.js on one kind of machine: it may be missing, or have been made for another.
 * @param require resolves as the installed kedge does
 * @throws KedgeError ADDON, which says how to get it
 */
export function loadSqlite(require: NodeJS.Require = createRequire(import.meta.url)): typeof BetterSqlite3 {
  try {
    const Sqlite = require(PACKAGE) as typeof BetterSqlite3;
    // The compiled part is loaded when the first database is opened.
    new Sqlite(':memory:').close();
    return Sqlite;
  } catch (error) {
    throw new KedgeError('ADDON', `SQLite (the package ${PACKAGE}) ${whatIsWrong(error)}`, { hint: remedy(require) });
  }
}

function whatIsWrong(error: unknown): string {
  const message = messageOf(error);
  if (systemCode(error) === 'MODULE_NOT_FOUND') return 'was not installed';
  if (message.startsWith('Could not locate the bindings file')) return 'was not compiled for this machine';
  if (message.includes('NODE_MODULE_VERSION')) return `was made for another Node.js than this one, ${process.versions.node}`;
  return `cannot be loaded: ${message.split('\n', 1).join()}`;
}

function remedy(require: NodeJS.Require): string {
  const folders = require.resolve.paths(PACKAGE) ?? [];
  const installed = folders.find((folder) => existsSync(join(folder, PACKAGE, 'package.json')));
  if (installed === undefined) return `${COMPILER}, then install kedge again`;
  return `cd ${join(installed, '..')} && npm rebuild ${PACKAGE}; where it has to be compiled, first: ${COMPILER}`;
}
