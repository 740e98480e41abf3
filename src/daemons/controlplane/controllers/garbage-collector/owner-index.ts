import { DELETE_DEPENDENTS, ORPHAN_DEPENDENTS } from '../../../../protocol/finalizers.ts';
import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { Change, ObjectKey } from '../../../../store/kube-objects.ts';

type Owned = Pick<Change, 'resource' | 'namespace' | 'name' | 'type' | 'object' | 'previous'>;

/** Who depends on whom: by the uid of each owner, the objects that name it. Holds names alone, no objects. */
export class OwnerIndex {
  readonly #dependents = new Map<string, Map<string, ObjectKey>>();

  /** Takes a change in. @returns whether it may be work for the collector */
  note({ resource, namespace, name, type, object, previous }: Owned): boolean {
    const before = ownersOf(previous);
    const after = type === 'DELETED' ? NOBODY : ownersOf(object);
    const key = { resource, namespace, name };
    for (const uid of before) if (!after.has(uid)) this.#remove(uid, key);
    for (const uid of after) if (!before.has(uid)) this.#add(uid, key);
    if (type === 'DELETED') return before.size > 0 || this.hasDependents(object);
    // An owner that waits for this object may wait no longer once it is forgotten.
    return before.size > 0 || after.size > 0 || isWaiting(object);
  }

  /** The objects that name this one as an owner. */
  dependentsOf({ metadata: { uid = '' } }: KubeObject): ObjectKey[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  hasDependents({ metadata: { uid = '' } }: KubeObject): boolean {
    return this.#dependents.has(uid);
  }

  /** Everything that has an owner. */
  all(): ObjectKey[] {
    return [...new Map([...this.#dependents.values()].flatMap((keys) => [...keys])).values()];
  }

  #add(uid: string, key: ObjectKey): void {
    const keys = this.#dependents.get(uid) ?? new Map<string, ObjectKey>();
    this.#dependents.set(uid, keys.set(pathOf(key), key));
  }

  #remove(uid: string, key: ObjectKey): void {
    const keys = this.#dependents.get(uid);
    keys?.delete(pathOf(key));
    if (keys?.size === 0) this.#dependents.delete(uid);
  }
}

/** True when the object is being deleted and this collector has to let it go. */
export function isWaiting({ metadata: { deletionTimestamp, finalizers = [] } }: KubeObject): boolean {
  return deletionTimestamp !== undefined && (finalizers.includes(ORPHAN_DEPENDENTS) || finalizers.includes(DELETE_DEPENDENTS));
}

/** A key as one string, and back. */
export function pathOf({ resource, namespace, name }: ObjectKey): string {
  return `${resource}/${namespace}/${name}`;
}

export function keyAt(path: string): ObjectKey {
  const [resource = '', namespace = '', name = ''] = path.split('/');
  return { resource, namespace, name };
}

const NOBODY: ReadonlySet<string> = new Set();

function ownersOf(object: KubeObject | undefined): ReadonlySet<string> {
  return new Set(object?.metadata.ownerReferences?.map(({ uid }) => uid));
}
