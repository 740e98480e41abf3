import type { Module, ModuleStatus, Scope } from '../kernel/module.ts';
import { openDatabase } from './database.ts';
import type { Database } from './database.ts';
import { EDGE_MIGRATIONS } from './edge-schema.ts';

/** The edge's database, open from the start of this module to its end. */
export class EdgeStore implements Module {
  readonly name = 'store';
  readonly #path: string;
  #db: Database | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws KedgeError INVALID_CONFIG when a newer kedge wrote the file, PERMISSION when it cannot be opened */
  start(scope: Scope): Promise<void> {
    const db = openDatabase(this.#path, EDGE_MIGRATIONS);
    this.#db = db;
    scope.defer(() => {
      db.close();
    });
    return Promise.resolve();
  }

  get db(): Database {
    if (this.#db === undefined) throw new Error('the store is not open');
    return this.#db;
  }

  status(): ModuleStatus {
    return { state: 'ok', facts: { path: this.#path } };
  }
}
