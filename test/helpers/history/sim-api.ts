import { join } from 'node:path';
import { createLocalClient } from '../../../src/daemons/controlplane/apiserver/local-client.ts';
import type { LocalClient } from '../../../src/daemons/controlplane/apiserver/local-client.ts';
import { createContext, type ApiContext } from '../../../src/daemons/controlplane/apiserver/api-context.ts';
import { bootstrapNamespaces } from '../../../src/daemons/controlplane/apiserver/bootstrap-namespaces.ts';
import { BUILTIN_RESOURCES } from '../../../src/daemons/controlplane/apiserver/builtin-resources.ts';
import { followDefinitions } from '../../../src/daemons/controlplane/apiserver/follow-definitions.ts';
import { Registry } from '../../../src/daemons/controlplane/apiserver/registry.ts';
import { applyCrds } from '../../../src/daemons/cloud/bootstrap/apply-crds.ts';
import { KedgeError } from '../../../src/kernel/errors.ts';
import { createKeyPem } from '../../../src/pki/key-pair.ts';
import { ServiceAccountKey } from '../../../src/pki/service-account-token.ts';
import { silentLogger } from '../../../src/kernel/log.ts';
import { packageRoot } from '../../../src/kernel/package-root.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { controlPlaneMigrations } from '../../../src/store/controlplane-schema.ts';
import type { Database } from '../../../src/store/database.ts';
import { KubeObjectStore } from '../../../src/store/kube-objects.ts';
import { loadSqlite } from '../../../src/store/sqlite.ts';
import type { ManualClock } from '../manual-clock.ts';
import { testScope } from '../test-scope.ts';
import type { Fence } from './fence.ts';

/** The embedded control plane's API on a database in memory, whose state can be noted and brought back. */
export class SimApi {
  /** For those who are never killed: the people who edit. */
  readonly client: LocalClient;
  readonly #db: Database;
  readonly #statements = new Map<string, ReturnType<Database['prepare']>>();
  #restore: () => void = () => undefined;
  #context: ApiContext;
  #reach: 'there' | 'away' | 'lossy' = 'there';
  #watches = new AbortController();

  private constructor(db: Database, context: ApiContext) {
    this.#db = db;
    this.#context = context;
    this.client = createLocalClient(() => this.#context);
  }

  static async create(clock: ManualClock): Promise<SimApi> {
    const Sqlite = loadSqlite();
    const db = new Sqlite(':memory:');
    for (const sql of controlPlaneMigrations) db.exec(sql);
    const context = createContext({
      store: new KubeObjectStore(db),
      registry: new Registry(BUILTIN_RESOURCES),
      clock,
      tokenKey: new ServiceAccountKey(createKeyPem()),
    });
    followDefinitions(context, silentLogger);
    await bootstrapNamespaces(context);
    const api = new SimApi(db, context);
    await applyCrds(api.client, join(packageRoot(), 'templates', 'crds'), testScope());
    return api;
  }

  /** Makes this state the one that `reset` goes back to. */
  save(): void {
    const db = this.#db;
    db.exec('CREATE TABLE saved_objects AS SELECT * FROM objects; CREATE TABLE saved_changes AS SELECT * FROM changes');
    const statements = ['objects', 'changes']
      .flatMap((table) => [`DELETE FROM ${table}`, `INSERT INTO ${table} SELECT * FROM saved_${table}`])
      .map((sql) => db.prepare(sql));
    this.#restore = db.transaction(() => statements.forEach((statement) => statement.run()));
  }

  reset(): void {
    this.#restore();
    this.#context = createContext({ ...this.#context, store: new KubeObjectStore(preparedOnce(this.#db, this.#statements)) });
  }

  get store(): KubeObjectStore {
    return this.#context.store;
  }

  /** The API as one incarnation of the cloud reaches it. */
  clientOf(fence: Fence): KubeClient {
    const { client } = this;
    const call = <T>(work: () => Promise<T>): Promise<T> =>
      fence.request(async () => {
        if (this.#reach === 'away') throw new KedgeError('UNREACHABLE', 'the API is away');
        const answer = await work();
        if (this.#reach === 'lossy') throw new KedgeError('UNREACHABLE', 'the answer was lost');
        return answer;
      });
    return {
      get: (...args) => call(() => client.get(...args)),
      list: (...args) => call(() => client.list(...args)),
      create: (...args) => call(() => client.create(...args)),
      update: (...args) => call(() => client.update(...args)),
      patch: (...args) => call(() => client.patch(...args)),
      delete: (...args) => call(() => client.delete(...args)),
      createToken: (...args) => call(() => client.createToken(...args)),
      watch: (resource, options) =>
        client.watch(resource, { ...options, signal: AbortSignal.any([options.signal, fence.death.signal, this.#watches.signal]) }),
      raw: () => Promise.reject(new Error('not there')),
      close: () => undefined,
    };
  }

  /** `away`: the cloud's requests do not get there. `lossy`: they do, and their answers are lost. Watches end at each change. */
  set reach(reach: 'there' | 'away' | 'lossy') {
    if (reach === this.#reach) return;
    this.#reach = reach;
    this.#watches.abort();
    this.#watches = new AbortController();
  }
}

/** A store is made anew for each history; its statements are not. */
function preparedOnce(db: Database, statements: Map<string, ReturnType<Database['prepare']>>): Database {
  const prepare = (sql: string): ReturnType<Database['prepare']> => {
    const statement = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return new Proxy(db, {
    get: (target, key) => {
      if (key === 'prepare') return prepare;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
