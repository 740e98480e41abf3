import type { KubeObject, ObjectMeta, User } from '../../../protocol/kubernetes.ts';
import type { ObjectWriter } from '../../../store/kube-objects.ts';
import { admit } from './admission/admission.ts';
import type { Attributes } from './authorization/attributes.ts';
import { forbiddenRequest } from './authorization/refusal.ts';
import { keyOf, MAX_OBJECT_BYTES, timestamp, type ApiContext, type Target, type WriteOptions } from './api-context.ts';
import { decode, present, validate, withDefaults } from './decode.ts';
import { createIn, writeContext } from './object-create.ts';
import { isUnchanged, setManagedFields, trackWrite } from './object-managers.ts';
import { forbidden as forbiddenField, invalid as invalidField, type FieldError } from './schema/field-error.ts';
import { applyPatch, type PatchKind } from './schema/patch.ts';
import { InvalidObject } from './schema/validate.ts';
import type { WriteContext } from './served-resource.ts';
import { badRequest, conflict, invalid, modifiedMeanwhile, notFound } from './status-error.ts';

export interface Updated {
  readonly object: KubeObject;
  /** PUT made an object that was missing. */
  readonly created: boolean;
}

/** PUT. @throws StatusError */
export async function updateObject(context: ApiContext, target: Target, input: unknown, options: WriteOptions): Promise<Updated> {
  const object = decode(target, input, options);
  return context.store.write((writer) => {
    const current = writer.get(keyOf(target));
    if (current !== undefined) return { object: updateIn(writer, context, target, current, object, options), created: false };
    if (target.entry.strategy.createsOnUpdate !== true || target.subresource !== '') throw notFound(target.entry.resource, target.name);
    assertName(target, object);
    assertMayCreate(context, target, object.metadata, options.user);
    return { object: createIn(writer, context, target, object, options), created: true };
  }, options);
}

/** PATCH. @throws StatusError, PatchError */
export async function patchObject(
  context: ApiContext,
  target: Target,
  patch: { kind: PatchKind; body: unknown },
  options: WriteOptions,
): Promise<KubeObject> {
  const { entry } = target;
  return context.store.write((writer) => {
    const current = writer.get(keyOf(target));
    if (current === undefined) throw notFound(entry.resource, target.name);
    const patched = applyPatch(patch.kind, present(entry, current), patch.body, entry.schema);
    return updateIn(writer, context, target, current, decodePatched(target, patched, patch.body, options), options);
  }, options);
}

/** A change of the object by what another form of it says, such as its scale. @throws StatusError */
export async function changeObject(
  context: ApiContext,
  target: Target,
  change: (current: KubeObject) => KubeObject,
  options: WriteOptions,
): Promise<KubeObject> {
  return context.store.write((writer) => {
    const current = writer.get(keyOf(target));
    if (current === undefined) throw notFound(target.entry.resource, target.name);
    return updateIn(writer, context, target, current, change(current), options);
  }, options);
}

/** What a patch makes of an object may be no such object: the patch is to blame, so 422. */
function decodePatched(target: Target, patched: unknown, patch: unknown, options: WriteOptions): KubeObject {
  try {
    return decode(target, patched, options);
  } catch (error) {
    if (!(error instanceof InvalidObject)) throw error;
    const reason = error.message.replace(/^.* cannot be handled as a \w+: /, '');
    throw invalid({ group: '', kind: '' }, '', [invalidField('patch', JSON.stringify(patch), reason)]);
  }
}

/** Puts a decoded object in place of the stored one. `managedFields` says who owns what when that is not for this function to find out. */
export function updateIn(
  writer: ObjectWriter,
  context: ApiContext,
  target: Target,
  current: KubeObject,
  decoded: KubeObject,
  options: WriteOptions,
  managedFields?: ObjectMeta['managedFields'],
): KubeObject {
  const { entry, name } = target;
  assertName(target, decoded);
  assertVersion(target, decoded.metadata, current.metadata);
  const next = withDefaults(entry, { ...decoded, metadata: keepSystemFields(decoded.metadata, current.metadata) });
  const change = { before: present(entry, current), after: next, given: decoded.metadata.managedFields };
  const owned = managedFields ?? trackWrite(context, target, change, options);
  admit({ operation: 'UPDATE', target, user: options.user, context, reader: writer, object: next, old: current });
  const write = writeContext(writer, timestamp(context.clock.now()), options.user);
  prepare(target, next, structuredClone(current), write);
  setManagedFields(next, owned);
  const errors = [...addedFinalizers(next, current), ...validate(entry, next, current)];
  if (errors.length > 0) throw invalid(entry.form?.stored ?? entry.resource, name, errors);
  if (target.subresource === '') {
    entry.strategy.allocate?.(next, write, current);
    entry.strategy.warnings?.(next).forEach(options.warn);
  }
  if (isDone(target, next)) return writer.remove(keyOf(target), next);
  return isUnchanged(next, current) ? current : writer.put(keyOf(target), next, MAX_OBJECT_BYTES);
}

function prepare({ entry, subresource }: Target, next: KubeObject, old: KubeObject, context: WriteContext): void {
  const { strategy } = entry;
  if (subresource === 'status') strategy.prepareForStatusUpdate?.(next, old, context);
  else if (subresource === 'approval') strategy.prepareForApproval?.(next, old, context);
  else if (subresource === 'ephemeralcontainers') strategy.prepareForEphemeralContainers?.(next, old);
  else if (subresource === '' || subresource === 'scale') {
    strategy.admit?.(next, old, context);
    strategy.prepareForUpdate?.(next, old, context);
  }
}

export function assertName({ name }: Target, { metadata }: KubeObject): void {
  if (!metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}

/**
 * A PUT or an apply that would make an object: its user must be allowed to create, too. Whoever names a uid means an object that was there, as a
 * lease that went with its Node. @throws StatusError 403, 409
 */
export function assertMayCreate({ authorizer }: ApiContext, { entry, namespace, name }: Target, { uid }: ObjectMeta, user: User): void {
  const { group, version, plural } = entry.resource;
  const attributes: Attributes = { user, verb: 'create', resource: { group, version, plural, subresource: '', namespace, name } };
  const { allowed, reason } = authorizer.authorize(attributes);
  if (!allowed) throw forbiddenRequest(attributes, reason);
  if (!uid) return;
  throw conflict(entry.resource, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: `);
}

function assertVersion({ entry, name }: Target, given: ObjectMeta, current: ObjectMeta): void {
  if (given.uid && given.uid !== current.uid) {
    throw conflict(
      entry.resource,
      name,
      `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${current.uid ?? ''}`,
    );
  }
  if (given.resourceVersion) {
    if (given.resourceVersion !== current.resourceVersion) throw modifiedMeanwhile(entry.resource, name);
  } else if (entry.strategy.needsResourceVersion === true) {
    const error: FieldError = {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: 0x0: must be specified for an update',
      field: 'metadata.resourceVersion',
    };
    throw invalid({ group: entry.resource.group, kind: entry.resource.plural }, name, [error]);
  }
}

/** What the server sets, no client can change: it stays, or comes back when it was left out. */
function keepSystemFields(given: ObjectMeta, current: ObjectMeta): ObjectMeta {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } = current;
  const kept = {
    uid,
    creationTimestamp: given.creationTimestamp ?? creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
  };
  const merged: Record<string, unknown> = { ...given, ...kept };
  delete merged['managedFields'];
  for (const [field, value] of Object.entries(kept)) if (value === undefined) Reflect.deleteProperty(merged, field);
  return merged as unknown as ObjectMeta;
}

function addedFinalizers(next: KubeObject, { metadata: old }: KubeObject): FieldError[] {
  const { finalizers = [], creationTimestamp } = next.metadata;
  const errors: FieldError[] = [];
  const known = new Set(old.finalizers);
  const added = old.deletionTimestamp === undefined ? [] : finalizers.filter((finalizer) => !known.has(finalizer));
  if (added.length > 0) {
    const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
    const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
    errors.push(forbiddenField('metadata.finalizers', detail));
  }
  if (creationTimestamp !== old.creationTimestamp) {
    errors.push(invalidField('metadata.creationTimestamp', creationTimestamp, 'field is immutable'));
  }
  return errors;
}

/** The last thing that held a deleted object went with this update. */
function isDone({ entry }: Target, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  const isHeld = finalizers.length > 0 || entry.strategy.isHeld?.(object) === true;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && !isHeld;
}
