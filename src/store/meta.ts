import type { KubeObject } from '../protocol/kubernetes.ts';
import { RESOURCES, apiVersionOf } from '../protocol/kubernetes.ts';
import type { ApiResource } from '../protocol/kubernetes.ts';
import { formatResource } from '../protocol/resource.ts';
import type { ResourcePath } from '../protocol/resource.ts';
import type { Database } from './database.ts';

/** Objects of the cloud in the tables `meta` and `meta_v2` (KubeEdge reference, SQLite tables). */
export class MetaStore {
  readonly #db: Database;
  readonly #statements;

  constructor(db: Database) {
    this.#db = db;
    this.#statements = {
      get: db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?'),
      list: db.prepare<[{ type: string; namespace: string }], { value: string }>(
        // Keys of one namespace stand between 'namespace/' and 'namespace0', for '0' follows '/'.
        "SELECT value FROM meta WHERE type = @type AND (@namespace = '' OR (key > @namespace || '/' AND key < @namespace || '0')) ORDER BY key",
      ),
      put: db.prepare<[string, string, string]>(
        'INSERT INTO meta (key, type, value) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET type = excluded.type, value = excluded.value',
      ),
      remove: db.prepare<[string]>('DELETE FROM meta WHERE key = ?'),
      putV2: db.prepare<[string, string, string, string, number, string]>(
        `INSERT INTO meta_v2 (key, group_version_resource, namespace, name, resource_version, value) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET resource_version = excluded.resource_version, value = excluded.value`,
      ),
      removeV2: db.prepare<[string]>('DELETE FROM meta_v2 WHERE key = ?'),
    };
  }

  get(path: ResourcePath): KubeObject | undefined {
    const row = this.#statements.get.get(formatResource(path));
    return row === undefined ? undefined : (JSON.parse(row.value) as KubeObject);
  }

  /** Objects of one type, of one namespace if it is given, by key. */
  list(type: string, namespace = ''): KubeObject[] {
    return this.#statements.list.all({ type, namespace }).map(({ value }) => JSON.parse(value) as KubeObject);
  }

  /** Stores the object in both tables in one transaction; `apiVersion` and `kind`, which KubeEdge may leave out, are filled in. */
  put(path: ResourcePath, object: KubeObject): KubeObject {
    const resource = resourceOf(path.type, object);
    const typed = resource === undefined ? object : { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
    const value = JSON.stringify(typed);
    this.#db.transaction(() => {
      this.#statements.put.run(formatResource(path), path.type, value);
      if (resource !== undefined) this.#putV2(resource, path, typed, value);
    })();
    return typed;
  }

  remove(path: ResourcePath, object: KubeObject | undefined): void {
    const resource = resourceOf(path.type, object);
    this.#db.transaction(() => {
      this.#statements.remove.run(formatResource(path));
      if (resource !== undefined) this.#statements.removeV2.run(keyV2(resource, path));
    })();
  }

  #putV2(resource: ApiResource, path: ResourcePath, object: KubeObject, value: string): void {
    const { group, version, plural } = resource;
    const gvr = `${group}/${version}, Resource=${plural}`;
    const namespace = resource.namespaced ? path.namespace : '';
    const resourceVersion = Number.parseInt(object.metadata.resourceVersion ?? '', 10) || 0;
    this.#statements.putV2.run(keyV2(resource, path), gvr, namespace, path.name, resourceVersion, value);
  }
}

function keyV2({ group, version, plural, namespaced }: ApiResource, path: ResourcePath): string {
  return `/${group === '' ? 'core' : group}/${version}/${plural}/${namespaced ? path.namespace : 'null'}/${path.name}`;
}

const KNOWN = new Map(Object.values(RESOURCES).map((resource: ApiResource) => [resource.kind.toLowerCase(), resource]));

/** A known type's resource, else one guessed from the object's kind as KubeEdge does; undefined if the object does not say. */
function resourceOf(type: string, object: KubeObject | undefined): ApiResource | undefined {
  const known = KNOWN.get(type);
  if (known !== undefined) return known;
  const { apiVersion, kind } = object ?? {};
  if (apiVersion === undefined || kind === undefined) return undefined;
  const slash = apiVersion.indexOf('/');
  return {
    group: slash === -1 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    plural: pluralOf(kind.toLowerCase()),
    kind,
    namespaced: object?.metadata.namespace !== undefined,
  };
}

function pluralOf(singular: string): string {
  if (singular.endsWith('s')) return `${singular}es`;
  return singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}
