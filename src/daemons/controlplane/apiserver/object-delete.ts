import type { DeleteOptions } from '../../../kube/client.ts';
import { DELETE_DEPENDENTS, ORPHAN_DEPENDENTS } from '../../../protocol/finalizers.ts';
import type { KubeList, KubeObject, Status } from '../../../protocol/kubernetes.ts';
import type { ObjectWriter } from '../../../store/kube-objects.ts';
import { admit } from './admission/admission.ts';
import { keyOf, timestamp, type ApiContext, type Target, type WriteOptions } from './api-context.ts';
import { listObjects, type ListQuery } from './object-read.ts';
import { writeContext } from './object-create.ts';
import type { WriteContext } from './served-resource.ts';
import { conflict, forbidden, notFound } from './status-error.ts';

/** Who deletes, and whether it is meant. */
type DeleteCall = Pick<WriteOptions, 'user' | 'dryRun'>;

/** DELETE of one object: the object if it is still there or its kind answers so, else a Status. @throws StatusError */
export async function deleteObject(
  context: ApiContext,
  target: Target,
  deletion: DeleteOptions,
  options: DeleteCall,
): Promise<KubeObject | Status> {
  return context.store.write((writer) => deleteIn(writer, context, target, deletion, options), options);
}

/** DELETE of what the selectors let through, in one transaction. @throws StatusError */
export async function deleteCollection(
  context: ApiContext,
  target: Target,
  query: ListQuery,
  deletion: DeleteOptions,
  options: DeleteCall,
): Promise<KubeList> {
  return context.store.write((writer) => {
    const list = listObjects(context, target, query);
    for (const { metadata } of list.items) {
      const one = { ...target, namespace: metadata.namespace ?? '', name: metadata.name };
      // A later page shows the moment of the first: what it lists may have gone.
      if (writer.get(keyOf(one)) !== undefined) deleteIn(writer, context, one, deletion, options);
    }
    return list;
  }, options);
}

/** Deletes inside a transaction, following the grace protocol and finalizers. */
export function deleteIn(
  writer: ObjectWriter,
  context: ApiContext,
  target: Target,
  deletion: DeleteOptions,
  { user }: Pick<DeleteCall, 'user'>,
): KubeObject | Status {
  const { entry, name } = target;
  const current = writer.get(keyOf(target));
  if (current === undefined) throw notFound(entry.resource, name);
  const immortal = entry.strategy.immortal?.(name);
  if (immortal !== undefined) throw forbidden(entry.resource, name, immortal);
  admit({ operation: 'DELETE', target, user, context, reader: writer, old: current });
  assertPreconditions(target, current, deletion);
  const next = structuredClone(current);
  const now = context.clock.now();
  if (!giveGrace(target, next, deletion.gracePeriodSeconds, now)) return current;
  awaitDependents(next, deletion.propagationPolicy);
  entry.strategy.prepareForDelete?.(next, writeContext(writer, timestamp(now), user));
  if (!isHeld(target, next, { now: timestamp(now) })) {
    const removed = writer.remove(keyOf(target), next);
    return entry.strategy.returnsDeleted === true ? removed : success(target, removed);
  }
  return JSON.stringify(next) === JSON.stringify(current) ? current : writer.put(keyOf(target), next);
}

function assertPreconditions({ entry, name }: Target, { metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ''}). The object might have been deleted and then recreated`;
    throw conflict(entry.resource, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion ?? ''}). The object might have been modified`;
    throw conflict(entry.resource, name, why);
  }
}

/** Sets or shortens the grace period of kinds that have one. False when an earlier DELETE already gave as little. */
function giveGrace({ entry }: Target, { metadata, ...rest }: KubeObject, requested: number | undefined, now: number): boolean {
  const { gracePeriod } = entry.strategy;
  if (gracePeriod === undefined) return true;
  const { deletionTimestamp, deletionGracePeriodSeconds: given } = metadata;
  if (deletionTimestamp === undefined) {
    const period = gracePeriod({ metadata, ...rest }, requested);
    metadata.deletionTimestamp = timestamp(now + period * 1000);
    metadata.deletionGracePeriodSeconds = period;
    if (metadata.generation !== undefined) metadata.generation += 1;
    return true;
  }
  if (given === undefined) return true;
  if (requested === undefined || requested >= given) return false;
  metadata.deletionTimestamp = timestamp(Date.parse(deletionTimestamp) - (given - requested) * 1000);
  metadata.deletionGracePeriodSeconds = requested;
  return true;
}

/** Leaves to the garbage collector what becomes of the dependents: what the DELETE says, or else what the finalizers said before. */
function awaitDependents({ metadata }: KubeObject, policy: DeleteOptions['propagationPolicy']): void {
  const { finalizers = [] } = metadata;
  const isWanted = (finalizer: string, by: DeleteOptions['propagationPolicy']): boolean =>
    policy === undefined ? finalizers.includes(finalizer) : policy === by;
  const others = finalizers.filter((finalizer) => finalizer !== ORPHAN_DEPENDENTS && finalizer !== DELETE_DEPENDENTS);
  const wanted = [
    ...(isWanted(ORPHAN_DEPENDENTS, 'Orphan') ? [ORPHAN_DEPENDENTS] : []),
    ...(isWanted(DELETE_DEPENDENTS, 'Foreground') ? [DELETE_DEPENDENTS] : []),
  ];
  if (finalizers.length + wanted.length > 0) metadata.finalizers = [...others, ...wanted];
}

/** Whether something keeps the deleted object: finalizers, its own kind's holds, or a grace period. */
function isHeld({ entry }: Target, object: KubeObject, { now }: Pick<WriteContext, 'now'>): boolean {
  const { metadata } = object;
  const held = (metadata.finalizers ?? []).length > 0 || entry.strategy.isHeld?.(object) === true;
  if (held && entry.strategy.gracePeriod === undefined && entry.strategy.prepareForDelete === undefined) {
    if (metadata.deletionGracePeriodSeconds === undefined && metadata.generation !== undefined) metadata.generation += 1;
    metadata.deletionTimestamp ??= now;
    metadata.deletionGracePeriodSeconds ??= 0;
  }
  return held || (metadata.deletionGracePeriodSeconds ?? 0) > 0;
}

function success({ entry, name }: Target, { metadata }: KubeObject): Status {
  const { group, plural } = entry.resource;
  const details = { name, ...(group === '' ? {} : { group }), kind: plural, ...(metadata.uid === undefined ? {} : { uid: metadata.uid }) };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
