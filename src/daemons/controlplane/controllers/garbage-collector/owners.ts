import { setImmediate as nextTurn } from 'node:timers/promises';
import { DELETE_DEPENDENTS } from '../../../../protocol/finalizers.ts';
import type { KubeObject, ObjectMeta } from '../../../../protocol/kubernetes.ts';

export type OwnerReference = NonNullable<ObjectMeta['ownerReferences']>[number];

/** An object's owners. */
export interface Owners {
  /** Those of whom nobody can tell: their kind is not served. */
  readonly unknown: readonly OwnerReference[];
  /** Those that are there. */
  readonly solid: readonly OwnerReference[];
  /** Those that have gone. */
  readonly dangling: readonly OwnerReference[];
  /** Those that are being deleted and wait for this object to go first. */
  readonly waiting: readonly OwnerReference[];
}

/** How many owners are looked up before others have their turn: an object may name tens of thousands. */
const OWNERS_AT_ONCE = 50;

/** Looks each owner up; `find` is asked for each name once, and takes no notice of the uid. */
export async function classify(
  references: readonly OwnerReference[],
  find: (reference: OwnerReference) => Promise<KubeObject | 'unknown' | undefined>,
): Promise<Owners> {
  const owners: Record<keyof Owners, OwnerReference[]> = { unknown: [], solid: [], dangling: [], waiting: [] };
  const found = new Map<string, Seen>();
  for (const reference of references) {
    const { apiVersion, kind, name } = reference;
    const path = JSON.stringify([apiVersion, kind, name]);
    const seen = found.get(path) ?? seenOf(await find(reference));
    if (!found.has(path) && found.set(path, seen).size % OWNERS_AT_ONCE === 0) await nextTurn();
    owners[seen.state === 'unknown' || seen.uid === reference.uid ? seen.state : 'dangling'].push(reference);
  }
  return owners;
}

/** What counts of an owner: which it is, and how it is. */
interface Seen {
  readonly uid: string | undefined;
  readonly state: keyof Owners;
}

function seenOf(owner: KubeObject | 'unknown' | undefined): Seen {
  if (owner === undefined) return { uid: undefined, state: 'dangling' };
  if (owner === 'unknown') return { uid: undefined, state: 'unknown' };
  return { uid: owner.metadata.uid, state: stateOf(owner) };
}

function stateOf(owner: KubeObject): keyof Owners {
  const { deletionTimestamp, finalizers } = owner.metadata;
  return deletionTimestamp !== undefined && finalizers?.includes(DELETE_DEPENDENTS) === true ? 'waiting' : 'solid';
}
