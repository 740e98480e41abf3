import type { Scope } from '../../../kernel/module.ts';
import type { Informer } from '../../../kube/informer.ts';
import type { ObjectSync } from '../../../protocol/kubernetes.ts';

/** What an ObjectSync's name says: `{node}.{uid}`; nodes may contain dots, uids do not. */
export interface SyncName {
  readonly nodeName: string;
  readonly uid: string;
}

export function formatSyncName({ nodeName, uid }: SyncName): string {
  return `${nodeName}.${uid}`;
}

export function parseSyncName(name: string): SyncName {
  const dot = name.lastIndexOf('.');
  return { nodeName: name.slice(0, Math.max(0, dot)), uid: name.slice(dot + 1) };
}

/** The ObjectSyncs of all nodes, by node and uid of the object, as the API has them. */
export class SyncIndex {
  readonly #nodes = new Map<string, Map<string, ObjectSync>>();

  follow(scope: Scope, informer: Informer<ObjectSync>): void {
    informer.onChange(scope, {
      added: (sync) => this.#set(sync),
      updated: (_old, sync) => this.#set(sync),
      deleted: (sync) => this.#delete(sync),
    });
  }

  get(nodeName: string, uid: string): ObjectSync | undefined {
    return this.#nodes.get(nodeName)?.get(uid);
  }

  /** `[uid of the object, its ObjectSync]` of one node. */
  entriesOf(nodeName: string): [string, ObjectSync][] {
    return [...(this.#nodes.get(nodeName) ?? [])];
  }

  nodes(): string[] {
    return [...this.#nodes.keys()];
  }

  #set(sync: ObjectSync): void {
    const { nodeName, uid } = parseSyncName(sync.metadata.name);
    this.#nodes.set(nodeName, (this.#nodes.get(nodeName) ?? new Map<string, ObjectSync>()).set(uid, sync));
  }

  #delete(sync: ObjectSync): void {
    const { nodeName, uid } = parseSyncName(sync.metadata.name);
    const syncs = this.#nodes.get(nodeName);
    syncs?.delete(uid);
    if (syncs?.size === 0) this.#nodes.delete(nodeName);
  }
}
