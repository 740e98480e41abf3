import type { Module, ModuleStatus, Scope } from '../kernel/module.ts';
import { openDatabase } from './database.ts';
import type { Database } from './database.ts';
import { commitTrouble, diskTrouble } from './disk-trouble.ts';
import { EDGE_MIGRATIONS } from './edge-schema.ts';
import { GroupCommit } from './group-commit.ts';

const DAMAGED = 'kedge reset edge, then join again under its name: the cloud sends everything anew';

/** The edge's database, open from the start of this module to its end. */
export class EdgeStore implements Module {
  readonly name = 'store';
  readonly #path: string;
  #db: Database | undefined;
  #group: GroupCommit | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws KedgeError INVALID_CONFIG when a newer kedge wrote the file, PERMISSION when it cannot be opened */
  start(scope: Scope): Promise<void> {
    const db = openDatabase(this.#path, EDGE_MIGRATIONS, DAMAGED);
    const group = new GroupCommit(db);
    this.#db = db;
    this.#group = group;
    scope.defer(() => {
      group.flush();
      db.close();
    });
    return Promise.resolve();
  }

  get db(): Database {
    if (this.#db === undefined) throw new Error('the store is not open');
    return this.#db;
  }

  /** Made at random together with the database. */
  get id(): string {
    return this.db.prepare<[], { id: string }>('SELECT id FROM store_id').get()?.id ?? '';
  }

  /** Shared by those whose writes must be on disk before somebody is told, so that they share its syncs. */
  get group(): GroupCommit {
    if (this.#group === undefined) throw new Error('the store is not open');
    return this.#group;
  }

  status(): ModuleStatus {
    const detail = diskTrouble(this.#path) ?? commitTrouble(this.#path, this.#group?.failure);
    return { ...(detail === undefined ? { state: 'ok' } : { state: 'degraded', detail }), facts: { path: this.#path } };
  }
}
