import type { KubeObject } from '../protocol/kubernetes.ts';
import { prepareStatements } from './kube-object-statements.ts';
import { ChangeListeners, type ChangeListener, type ListenerFailed } from './change-listeners.ts';
import type { Database } from './database.ts';
import { dryRunWriter } from './dry-run-writer.ts';
import { GroupCommit } from './group-commit.ts';
import { assertSize, type Change, type ListRange, type ObjectKey, type ObjectWriter } from './kube-objects-types.ts';
import { listRows, PAGE } from './list-rows.ts';
import type { StoredObject } from './stored-object.ts';

export { StoredObject } from './stored-object.ts';
export { ObjectTooLarge, type Change, type ListRange, type ObjectKey, type ObjectWriter } from './kube-objects-types.ts';

export interface KubeObjectStoreOptions {
  /** How many changes are kept for watches that resume. */
  readonly maxChanges?: number;
  /** How many bytes of changes are kept. */
  readonly maxChangeBytes?: number;
  /** Called when a listener threw on a change, of which the others are told all the same. Without it the commit throws, once all were told. */
  readonly listenerFailed?: ListenerFailed;
}

interface ChangeRow {
  namespace: string;
  name: string;
  json: string;
  revision: number;
  type: Change['type'];
  resource: string;
  previous: string | null;
}
/** Where the log of changes begins and ends. */
interface Extent {
  readonly revision: number;
  readonly oldest: number;
  readonly bytes: number;
}

/** Kubernetes objects with one increasing revision over all of them, and a bounded log of changes. */
export class KubeObjectStore {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #maxChanges: number;
  readonly #maxBytes: number;
  readonly #listeners: ChangeListeners;
  readonly #statements;
  /** Now, before the job that is running, and before its group. */
  #extent: Extent;
  #beforeJob: Extent;
  #beforeGroup: Extent;
  /** Changes of the job that is running, and of the jobs before it in its group. */
  #pending: Change[] = [];
  #finished: Change[] = [];

  constructor(db: Database, { maxChanges = 10_000, maxChangeBytes = 64 * 1024 * 1024, listenerFailed }: KubeObjectStoreOptions = {}) {
    this.#db = db;
    this.#listeners = new ChangeListeners(listenerFailed);
    this.#maxChanges = maxChanges;
    this.#maxBytes = maxChangeBytes;
    this.#statements = prepareStatements(db);
    this.#extent = this.#beforeJob = this.#beforeGroup = this.#statements.extent.get() as Extent;
    this.#group = new GroupCommit(db, {
      done: () => {
        this.#beforeJob = this.#extent;
        this.#finished.push(...this.#pending.splice(0));
      },
      undone: () => {
        this.#extent = this.#beforeJob;
        this.#pending = [];
      },
      failed: () => {
        this.#extent = this.#beforeJob = this.#beforeGroup;
        this.#pending = [];
        this.#finished = [];
      },
      committed: () => {
        this.#beforeGroup = this.#extent;
        this.#listeners.tell(this.#finished.splice(0));
      },
    });
  }

  /** The revision of the newest write. */
  get revision(): number {
    return this.#extent.revision;
  }

  /** Watches and lists can go back to this revision and no further. */
  get oldestRevision(): number {
    return this.#extent.oldest - 1;
  }

  get({ resource, namespace, name }: ObjectKey): KubeObject | undefined {
    const json = this.#statements.get.get(resource, namespace, name) as string | undefined;
    return json === undefined ? undefined : parse(json);
  }

  /** How many objects there are of each resource; one pass over all that is stored. */
  counts(): Map<string, number> {
    return new Map(this.#statements.counts.raw().all() as [string, number][]);
  }

  /** How many objects there are from `after` on. */
  count(resource: string, { namespace, after }: ListRange = {}): number {
    const start = after ?? { namespace: namespace ?? '', name: '' };
    const statement = namespace === undefined ? this.#statements.count : this.#statements.countOfNamespace;
    return statement.get({ resource, namespace: start.namespace, name: start.name }) as number;
  }

  /**
   * The objects in order of namespace and name. Read it without awaiting in between.
   * `range.revision` must not be older than `oldestRevision`.
   */
  *list(resource: string, range: ListRange = {}): Generator<KubeObject> {
    for (const stored of this.listStored(resource, range)) yield stored.object;
  }

  /** As `list`, for readers who need not parse all of it. */
  listStored(resource: string, range: ListRange = {}): Iterable<StoredObject> {
    return listRows(this.#statements, resource, { ...range, revision: range.revision === this.revision ? undefined : range.revision });
  }

  /** The changes of a resource after `revision`, which must not be older than `oldestRevision`. */
  *changesAfter(resource: string, revision: number): Generator<Change> {
    for (const row of this.#statements.changesAfter.all(resource, revision) as ChangeRow[]) {
      const size = row.json.length + (row.previous?.length ?? 0);
      yield { ...row, object: parse(row.json), previous: row.previous === null ? undefined : parse(row.previous), size };
    }
  }

  /** Runs `work` in a transaction of its own, which may share its commit with others; see GroupCommit.run. Of a dry run nothing stays. */
  write<T>(work: (writer: ObjectWriter) => T, { dryRun = false }: { dryRun?: boolean } = {}): Promise<T> {
    return this.#group.run(() => work(dryRun ? this.#trial : this.#writer), dryRun);
  }

  /** Objects of all resources whose JSON contains one of the texts, and perhaps others. Read it without awaiting in between. */
  *mentioning(texts: readonly string[]): Generator<ObjectKey & { readonly object: KubeObject }> {
    for (const { json, ...key } of this.#statements.mentioning.iterate(JSON.stringify(texts)) as Iterable<ObjectKey & { json: string }>) {
      yield { ...key, object: parse(json) };
    }
  }

  /** Calls `listener` for every committed change of the resource, or of all (`*`), in order, until cancelled. */
  subscribe(resource: string, listener: ChangeListener): () => void {
    return this.#listeners.add(resource, listener);
  }

  /** Commits what is waiting and closes the database. */
  close(): void {
    this.#group.flush();
    this.#db.close();
  }

  readonly #writer: ObjectWriter = {
    get: (key) => this.get(key),
    list: (resource, range) => this.list(resource, range),
    put: (key, object, maxBytes = Infinity) => {
      const previous = this.#statements.get.get(key.resource, key.namespace, key.name) as string | undefined;
      const { stored, json } = this.#stamp(object);
      assertSize(json, previous, maxBytes);
      this.#statements.put.run(key.resource, key.namespace, key.name, json);
      this.#log({ ...key, type: previous === undefined ? 'ADDED' : 'MODIFIED' }, stored, json, previous);
      return stored;
    },
    remove: (key, last) => {
      const previous = this.#statements.get.get(key.resource, key.namespace, key.name) as string | undefined;
      const { stored, json } = this.#stamp(last);
      this.#statements.remove.run(key.resource, key.namespace, key.name);
      this.#log({ ...key, type: 'DELETED' }, stored, json, previous);
      return stored;
    },
  };

  readonly #trial = dryRunWriter(this.#writer);

  #stamp(object: KubeObject): { stored: KubeObject; json: string } {
    this.#extent = { ...this.#extent, revision: this.#extent.revision + 1 };
    const head = { apiVersion: object.apiVersion, kind: object.kind } as KubeObject;
    const stored = { ...head, ...object, metadata: { ...object.metadata, resourceVersion: String(this.#extent.revision) } };
    return { stored, json: JSON.stringify(stored) };
  }

  #log(key: ObjectKey & Pick<Change, 'type'>, object: KubeObject, json: string, previous: string | undefined): void {
    const { revision, oldest } = this.#extent;
    const { resource, type, namespace, name } = key;
    const size = json.length + (previous?.length ?? 0);
    const bytes = this.#extent.bytes + size;
    this.#statements.log.run(revision, size, resource, type, namespace, name, json, previous ?? null);
    this.#extent = { revision, oldest, bytes };
    const before = previous === undefined ? undefined : parse(previous);
    this.#pending.push({ resource, type, namespace, name, revision, object, previous: before, size });
    if (revision - oldest >= this.#maxChanges + PAGE || bytes > this.#maxBytes) this.#trim();
  }

  #trim(): void {
    let { oldest, bytes } = this.#extent;
    const { revision: newest } = this.#extent;
    for (const change of this.#statements.oldestChanges.all(2 * PAGE) as { revision: number; bytes: number }[]) {
      const wanted = newest - change.revision < this.#maxChanges && bytes <= this.#maxBytes;
      if (wanted || change.revision === newest) break;
      this.#statements.forgetChange.run(change.revision);
      oldest = change.revision + 1;
      bytes -= change.bytes;
    }
    this.#extent = { revision: newest, oldest, bytes };
  }
}

function parse(json: string): KubeObject {
  return JSON.parse(json) as KubeObject;
}
