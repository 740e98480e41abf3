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

/** Looks each owner up. */
export async function classify(
  references: readonly OwnerReference[],
  find: (reference: OwnerReference) => Promise<KubeObject | 'unknown' | undefined>,
): Promise<Owners> {
  const owners: Record<keyof Owners, OwnerReference[]> = { unknown: [], solid: [], dangling: [], waiting: [] };
  for (const reference of references) owners[stateOf(await find(reference))].push(reference);
  return owners;
}

function stateOf(owner: KubeObject | 'unknown' | undefined): keyof Owners {
  if (owner === undefined) return 'dangling';
  if (owner === 'unknown') return 'unknown';
  const { deletionTimestamp, finalizers } = owner.metadata;
  return deletionTimestamp !== undefined && finalizers?.includes(DELETE_DEPENDENTS) === true ? 'waiting' : 'solid';
}
