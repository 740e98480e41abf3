import type { KubeObject, ObjectMeta } from '../../../protocol/kubernetes.ts';
import { apiVersionOf } from '../../../protocol/kubernetes.ts';
import { withoutManagedFields } from '../../../protocol/managed-fields.ts';
import type { ApiContext, Target, WriteOptions } from './api-context.ts';
import { timestamp } from './api-context.ts';
import { managersAfterUpdate, type Writer } from './fields/field-manager.ts';
import { EMPTY_SET, recursiveDifference, startingWith, type FieldSet } from './fields/field-set.ts';
import { objectType } from './fields/field-type.ts';
import { decodeManagers, encodeManagers, isReset, NO_MANAGERS, type Managers } from './fields/managed-fields.ts';
import { fieldElement } from './fields/path-element.ts';
import type { FieldFilter } from './fields/settle.ts';
import { sameJson } from './fields/typed-value.ts';
import type { Versions } from './fields/versions.ts';
import type { ServedResource } from './served-resource.ts';

/** The versions of a resource as field managers see them; conversion is `None`. */
export function versionsOf({ registry }: Pick<ApiContext, 'registry'>, own: ServedResource): Versions {
  const { group, plural } = own.resource;
  const apiVersion = apiVersionOf(own.resource);
  return {
    apiVersion,
    at: (object, version) => {
      const entry = version === apiVersion ? own : registry.find(group, version.split('/').at(-1) ?? '', plural);
      if (entry === undefined || apiVersionOf(entry.resource) !== version) return undefined;
      const { custom, schema } = entry;
      return { type: objectType(schema, custom !== undefined), value: custom === undefined ? object : inVersion(custom, object, version) };
    },
  };
}

function inVersion(custom: NonNullable<ServedResource['custom']>, object: unknown, apiVersion: string): unknown {
  const { apiVersion: old } = (object ?? {}) as Partial<KubeObject>;
  return old === undefined || old === apiVersion ? object : custom.prune({ ...(object as KubeObject), apiVersion });
}

/** Who writes, as managedFields has it. */
export function writerOf(
  { clock }: Pick<ApiContext, 'clock'>,
  target: Target,
  { fieldManager }: Pick<WriteOptions, 'fieldManager'>,
): Writer {
  return { name: fieldManager, subresource: target.subresource, now: timestamp(clock.now()), filter: writable(target) };
}

/** What a request can write: through the object itself no status, through the status nothing else. */
function writable({ entry, subresource }: Target): FieldFilter {
  if (subresource === 'status' && entry.custom !== undefined) return (set) => startingWith(set, [fieldElement('status')]);
  if (subresource === 'status' || subresource === 'approval') return (set) => recursiveDifference(set, SPEC);
  if (subresource === '' && !entry.subresources.includes('status')) return (set) => set;
  return (set) => recursiveDifference(set, STATUS);
}

const [SPEC, STATUS] = ['spec', 'status'].map(
  (name): FieldSet => new Map([[fieldElement(name), { member: true, children: EMPTY_SET }]]),
) as [FieldSet, FieldSet];

/** The managers of a stored object. What an older version could not read is forgotten. */
export function managersOf(stored: KubeObject | undefined): Managers {
  return readable(stored?.metadata.managedFields) ?? NO_MANAGERS;
}

function readable(entries: unknown): Managers | undefined {
  try {
    return decodeManagers(entries);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * metadata.managedFields after a create (`before` undefined, else as its resource shows it), an update or a patch. `given` is what the request itself says of it: it may set or
 * reset them, through the object itself. An object that nobody kept account of goes on so until it is applied.
 */
export function trackWrite(
  context: Pick<ApiContext, 'registry' | 'clock'>,
  target: Target,
  { before, after, given }: { readonly before: KubeObject | undefined; readonly after: KubeObject; readonly given: unknown },
  options: Pick<WriteOptions, 'fieldManager' | 'tracksCreated'>,
): ObjectMeta['managedFields'] {
  const managers = startingManagers(target, before, given);
  if (managers.size === 0 && (before !== undefined || !options.tracksCreated)) return undefined;
  const shown = target.entry.form?.fromStored(after) ?? after;
  const [old, next] = [before === undefined ? undefined : withoutManagedFields(before), withoutManagedFields(shown)];
  const change = { before: old, after: next, managers };
  return encodeManagers(managersAfterUpdate(versionsOf(context, target.entry), change, writerOf(context, target, options)));
}

function startingManagers({ subresource }: Target, before: KubeObject | undefined, given: unknown): Managers {
  if (subresource !== '') return managersOf(before);
  if (isReset(given)) return NO_MANAGERS;
  const own = readable(given);
  return own === undefined || own.size === 0 ? managersOf(before) : own;
}

/** Puts managedFields into an object, in place of what is there. */
export function setManagedFields(object: KubeObject, managedFields: ObjectMeta['managedFields']): void {
  if (managedFields === undefined || managedFields.length === 0) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
}

/** Whether an object says what is stored, be it in another version of its kind; the times of its managers do not count. */
export function isUnchanged(next: KubeObject, current: KubeObject): boolean {
  const { resourceVersion } = current.metadata;
  const plain = ({ metadata, ...rest }: KubeObject) => ({
    ...rest,
    apiVersion: null,
    metadata: { ...metadata, resourceVersion, managedFields: withoutTimes(metadata.managedFields ?? []) },
  });
  return sameJson(plain(next), plain(current));
}

function withoutTimes(entries: readonly unknown[]): unknown[] {
  return entries.map((entry) => ({ ...(entry as object), time: null }));
}
