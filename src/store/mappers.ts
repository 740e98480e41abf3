import type { Database } from './database.ts';

/** A mapper that has registered, and where it is called. */
export interface MapperRow {
  /** The path of its socket. */
  readonly address: string;
  readonly name: string;
  readonly version: string;
  readonly protocol: string;
}

/** What a mapper has been told of: `device` or `model`, and `namespace/name`. */
export interface ToldRow {
  readonly kind: 'device' | 'model';
  readonly id: string;
  /** Of what it was told. */
  readonly digest: string;
}

/** The tables `mapper` and `mapper_told`. */
export class Mappers {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      list: db.prepare<[], MapperRow>('SELECT address, name, version, protocol FROM mapper ORDER BY address'),
      put: db.prepare<[string, string, string, string]>(
        'INSERT OR REPLACE INTO mapper (address, name, version, protocol) VALUES (?, ?, ?, ?)',
      ),
      remove: db.prepare<[string]>('DELETE FROM mapper WHERE address = ?'),
      told: db.prepare<[string], ToldRow>('SELECT kind, id, digest FROM mapper_told WHERE address = ?'),
      tell: db.prepare<[string, string, string, string]>(
        'INSERT OR REPLACE INTO mapper_told (address, kind, id, digest) VALUES (?, ?, ?, ?)',
      ),
      forget: db.prepare<[string, string, string]>('DELETE FROM mapper_told WHERE address = ? AND kind = ? AND id = ?'),
      forgetAll: db.prepare<[string]>('DELETE FROM mapper_told WHERE address = ?'),
    };
  }

  list(): MapperRow[] {
    return this.#statements.list.all();
  }

  /** Of a mapper that has come: it knows of nothing but `told`. */
  put({ address, name, version, protocol }: MapperRow, told: readonly ToldRow[]): void {
    this.remove(address);
    this.#statements.put.run(address, name, version, protocol);
    for (const row of told) this.tell(address, row);
  }

  remove(address: string): void {
    this.#statements.remove.run(address);
    this.#statements.forgetAll.run(address);
  }

  told(address: string): ToldRow[] {
    return this.#statements.told.all(address);
  }

  tell(address: string, { kind, id, digest }: ToldRow): void {
    this.#statements.tell.run(address, kind, id, digest);
  }

  forget(address: string, { kind, id }: Pick<ToldRow, 'kind' | 'id'>): void {
    this.#statements.forget.run(address, kind, id);
  }
}
