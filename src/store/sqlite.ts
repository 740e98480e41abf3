import type BetterSqlite3 from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';

/** Version 12, of which a part is compiled for one Node.js on one kind of machine. */
const COMPILED = 'better-sqlite3';
/** Version 13 of the same, which brings a part that fits each Node.js from 22 on, and none before. */
const PORTABLE = 'better-sqlite3-portable';
const COMPILER = 'apt-get install python3 make g++';

/**
 * better-sqlite3: which of the two versions fits depends on Node.js.
 * @param require resolves as the installed kedge does
 * @param node the version of Node.js
 * @throws KedgeError ADDON, which says how to get it
 */
export function loadSqlite(require: NodeJS.Require = createRequire(import.meta.url), node = process.versions.node): typeof BetterSqlite3 {
  const [first, second] = packagesFor(Number(node.split('.', 1)));
  try {
    return load(require, first);
  } catch (error) {
    if (second === undefined) throw unusable(first, error, require);
  }
  try {
    return load(require, second);
  } catch (error) {
    throw unusable(second, error, require);
  }
}

/**
 * Where the portable version has nothing for this kind of machine, as for 32-bit ones, the other may have been compiled. From 24 on
 * it would end the process: its destructors ask for an environment that garbage collection no longer gives them.
 */
function packagesFor(major: number): readonly [string, string?] {
  if (major < 22) return [COMPILED];
  return major < 24 ? [PORTABLE, COMPILED] : [PORTABLE];
}

function load(require: NodeJS.Require, name: string): typeof BetterSqlite3 {
  const Sqlite = require(name) as typeof BetterSqlite3;
  // The compiled part is loaded when the first database is opened.
  new Sqlite(':memory:').close();
  return Sqlite;
}

function unusable(name: string, error: unknown, require: NodeJS.Require): KedgeError {
  return new KedgeError('ADDON', `SQLite (the package ${name}) ${whatIsWrong(error)}`, { hint: remedy(require, name) });
}

function whatIsWrong(error: unknown): string {
  const message = messageOf(error);
  if (systemCode(error) === 'MODULE_NOT_FOUND') return 'was not installed';
  if (message.startsWith('Could not locate the bindings file')) return 'was not compiled for this machine';
  if (message.includes('NODE_MODULE_VERSION')) return `was made for another Node.js than this one, ${process.versions.node}`;
  return `cannot be loaded: ${message.split('\n', 1).join()}`;
}

function remedy(require: NodeJS.Require, name: string): string {
  if (name === PORTABLE) return 'install kedge again; where this package has nothing for the machine, use Node.js 20 or 22';
  const folders = require.resolve.paths(name) ?? [];
  const installed = folders.find((folder) => existsSync(join(folder, name, 'package.json')));
  if (installed === undefined) return `${COMPILER}, then install kedge again`;
  return `cd ${join(installed, '..')} && npm rebuild ${name}; where it has to be compiled, first: ${COMPILER}`;
}
