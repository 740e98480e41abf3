import { difference, intersection, isEmpty, union, EMPTY_SET, type FieldSet } from './field-set.ts';
import type { Manager, Managers } from './managed-fields.ts';
import { removeFields, withNamedFields } from './remove.ts';
import { toFieldSet } from './to-field-set.ts';
import type { Versioned, Versions } from './versions.ts';

/**
 * Takes out of a merged object what its manager applied last time and applies no longer, unless somebody else owns it. `managers` has what
 * is applied now; what nobody owns stays.
 */
export function pruneApplied(versions: Versions, merged: unknown, managers: Managers, last: Manager | undefined): unknown {
  if (last === undefined || isEmpty(last.set)) return merged;
  const typed = versions.at(merged, last.apiVersion);
  if (typed === undefined) return merged;
  const without = removeFields(typed.type, typed.value, withNamedFields(typed.type, last.set));
  const owned = keepOwned(versions, typed.value, without, managers, last.apiVersion);
  const pruned = keepOthers(versions, typed, owned, last);
  const result = versions.at(pruned, versions.apiVersion);
  return result === undefined ? merged : (result.value ?? {});
}

/** Puts back what others, or the manager itself with what it applies now, own. */
function keepOwned(versions: Versions, merged: unknown, pruned: unknown, managers: Managers, first: string): unknown {
  const owned = new Map<string, FieldSet>([[first, EMPTY_SET]]);
  for (const { apiVersion, set } of managers.values()) owned.set(apiVersion, union(owned.get(apiVersion) ?? EMPTY_SET, set));
  let result = pruned;
  for (const [apiVersion, set] of owned) {
    const [all, left] = [versions.at(merged, apiVersion), versions.at(result, apiVersion)];
    if (all === undefined || left === undefined || isEmpty(set)) continue;
    const kept = union(namedSet(left), withNamedFields(all.type, set));
    result = removeFields(all.type, all.value, difference(namedSet(all), kept));
  }
  return result;
}

/** Puts back what the manager did not own last time: it went because something around it did. */
function keepOthers(versions: Versions, merged: Versioned, pruned: unknown, last: Manager): unknown {
  const left = versions.at(pruned, last.apiVersion);
  if (left === undefined) return merged.value;
  const gone = difference(namedSet(merged), namedSet(left));
  return removeFields(merged.type, merged.value, intersection(gone, withNamedFields(merged.type, last.set)));
}

function namedSet({ type, value }: Versioned): FieldSet {
  return withNamedFields(type, toFieldSet(type, value));
}
