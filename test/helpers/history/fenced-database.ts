import type { Database } from '../../../src/store/database.ts';
import type { Fence } from './fence.ts';

/**
 * The database as one incarnation of a daemon sees it: a commit is something that others can see, and a dead process neither reads nor
 * writes. A full disk refuses commits. Statements are prepared once for all incarnations.
 */
export function fencedDatabase(
  db: Database,
  { statements, fence, isFull }: { statements: Map<string, FencedStatement>; fence: Fence; isFull: () => boolean },
): Database {
  const guard = <A extends unknown[], R>(call: (...args: A) => R, writes: boolean) => {
    return (...args: A): R => {
      fence.check();
      const result = call(...args);
      if (writes && !db.inTransaction) fence.effect();
      return result;
    };
  };
  const prepare = (sql: string): FencedStatement => {
    const known = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, known);
    return {
      run: guard((...args) => known.run(...args), true),
      get: guard((...args) => known.get(...args), false),
      all: guard((...args) => known.all(...args), false),
    };
  };
  const transaction = (work: (...args: unknown[]) => unknown) => {
    const run = db.transaction((...args: unknown[]) => {
      const result = work(...args);
      if (isFull()) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
      return result;
    });
    return guard((...args: unknown[]) => run(...args), true);
  };
  return {
    prepare,
    transaction,
    get inTransaction() {
      return db.inTransaction;
    },
  } as unknown as Database;
}

/** What the stores use of a prepared statement. */
export interface FencedStatement {
  run(...args: unknown[]): unknown;
  get(...args: unknown[]): unknown;
  all(...args: unknown[]): unknown;
}
