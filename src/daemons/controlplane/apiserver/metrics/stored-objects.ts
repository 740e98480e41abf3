import { statSync } from 'node:fs';
import type { KubeObjectStore } from '../../../../store/kube-objects.ts';
import type { Registry } from '../registry.ts';
import { groupResource } from '../status-error.ts';
import type { Family } from './family.ts';

export interface StoredObjectsDeps {
  readonly store: KubeObjectStore;
  readonly registry: Registry;
  readonly databasePath: string;
}

/** How much is stored: objects are counted once, when they are first asked for, and from then on with each commit. */
export class StoredObjects {
  readonly #deps: StoredObjectsDeps;
  #counts: Map<string, number> | undefined;

  constructor(deps: StoredObjectsDeps) {
    this.#deps = deps;
  }

  families(): Family[] {
    const { registry, databasePath } = this.#deps;
    const counts = (this.#counts ??= this.#count());
    const resources = registry.all.filter(({ verbs, form }) => verbs.includes('list') && form === undefined);
    return [
      {
        name: 'apiserver_storage_objects',
        help: 'Objects that are stored, by resource.',
        type: 'gauge',
        values: [...new Set(resources.map(({ resource }) => groupResource(resource)))].map((resource) => ({
          labels: { resource },
          value: counts.get(resource) ?? 0,
        })),
      },
      {
        name: 'apiserver_storage_size_bytes',
        help: 'What the database takes on the disk, in bytes, its write-ahead log included.',
        type: 'gauge',
        values: [{ labels: { storage_cluster_id: 'sqlite' }, value: sizeOf(databasePath) + sizeOf(`${databasePath}-wal`) }],
      },
    ];
  }

  #count(): Map<string, number> {
    const { store } = this.#deps;
    const counts = store.counts();
    store.subscribe('*', ({ type, resource }) => {
      const step = type === 'ADDED' ? 1 : type === 'DELETED' ? -1 : 0;
      if (step !== 0) counts.set(resource, (counts.get(resource) ?? 0) + step);
    });
    return counts;
  }
}

/** 0 for what is not there. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
