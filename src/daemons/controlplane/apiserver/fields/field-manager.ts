import { capManagers } from './cap-managers.ts';
import { difference, EMPTY_SET, FieldSetBuilder, isEmpty, union, type FieldSet } from './field-set.ts';
import { managerKey, NO_MANAGERS, type Manager, type ManagerId, type Managers } from './managed-fields.ts';
import { mergeApplied } from './merge.ts';
import { fieldElement } from './path-element.ts';
import { pruneApplied } from './prune.ts';
import { reconcileManagers, settle, type Change, type FieldFilter } from './settle.ts';
import { toFieldSet } from './to-field-set.ts';
import { sameJson } from './typed-value.ts';
import type { Versions } from './versions.ts';

/** Who writes through what, and when. */
export interface Writer {
  readonly name: string;
  readonly subresource: string;
  /** RFC 3339. */
  readonly now: string;
  readonly filter: FieldFilter;
}

/** Who owned fields of an object of which nobody kept account. */
const BEFORE = 'before-first-apply';
const CURRENT = 'current-operation';

/** What the server sets, or what says which object it is; owned by nobody. */
const UNOWNED: FieldSet = (() => {
  const builder = new FieldSetBuilder();
  const metadata = [
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ];
  for (const path of [['apiVersion'], ['kind'], ['metadata'], ...metadata.map((name) => ['metadata', name])]) {
    builder.add(path.map(fieldElement));
  }
  return builder.set;
})();

/** The managers of an object after a create, an update or a patch: whoever wrote owns what differs. */
export function managersAfterUpdate(versions: Versions, change: Change, writer: Writer): Managers {
  const before = change.before ?? {};
  const reconciled = reconcileManagers(versions, before, change.managers);
  const { managers, comparison } = settle(
    versions,
    { ...change, before, managers: reconciled },
    { self: CURRENT, filter: writer.filter, force: true },
  );
  const set = difference(union(comparison.modified, comparison.added), UNOWNED);
  if (!isEmpty(set)) {
    const { name, subresource, now: time } = writer;
    const id: ManagerId = { name, operation: 'Update', apiVersion: versions.apiVersion, subresource };
    const key = managerKey(id);
    managers.set(key, { ...id, time, set: union(managers.get(key)?.set ?? EMPTY_SET, set) });
  }
  capManagers(managers);
  return managers;
}

export interface Applied {
  /** The live object with what was applied, without what was given up. */
  readonly object: unknown;
  readonly managers: Managers;
}

/**
 * Applies a configuration. `live` is the object without its managedFields, {} when there is none, and `config` fits its type (typeErrors).
 * @throws ApplyConflict unless `force`
 */
export function apply(
  versions: Versions,
  { live, config, managers }: { readonly live: unknown; readonly config: unknown; readonly managers: Managers },
  writer: Writer,
  force: boolean,
): Applied {
  const type = versions.at(live, versions.apiVersion)?.type;
  if (type === undefined) throw new Error(`${versions.apiVersion} is not served`);
  const tracked = managers.size > 0 ? managers : trackedFromNow(versions, live, writer);
  const before = reconcileManagers(versions, live, tracked);
  const { name, subresource, filter, now } = writer;
  const id: ManagerId = { name, operation: 'Apply', apiVersion: versions.apiVersion, subresource };
  const self = managerKey(id);
  const last = before.get(self);
  const own: Manager = { ...id, time: last?.time, set: filter(toFieldSet(type, config)) };
  const claimed = new Map(before).set(self, own);
  const object = pruneApplied(versions, mergeApplied(type, live, config), claimed, last);
  const { managers: settled } = settle(versions, { before: live, after: object, managers: claimed }, { self, filter, force });
  const set = difference(own.set, UNOWNED);
  if (isEmpty(set)) settled.delete(self);
  else settled.set(self, { ...own, set, time: last !== undefined && sameJson(live, object) ? last.time : now });
  return { object, managers: settled };
}

/** An object that has fields but no managers is somebody's. */
function trackedFromNow(versions: Versions, live: unknown, writer: Writer): Managers {
  return managersAfterUpdate(versions, { before: undefined, after: live, managers: NO_MANAGERS }, { ...writer, name: BEFORE });
}
