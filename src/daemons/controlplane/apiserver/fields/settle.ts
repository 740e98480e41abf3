import { compare, type Comparison } from './compare.ts';
import { ApplyConflict, type Conflict } from './conflict.ts';
import { difference, intersection, isEmpty, union, type FieldSet } from './field-set.ts';
import type { Manager, Managers } from './managed-fields.ts';
import { reconcile } from './reconcile.ts';
import type { Versions } from './versions.ts';

export interface Change {
  /** The object without its managedFields, in the version of the request; undefined when it is made. */
  readonly before: unknown;
  readonly after: unknown;
  readonly managers: Managers;
}

/** Leaves out of a set what the request cannot write. */
export type FieldFilter = (set: FieldSet) => FieldSet;

/**
 * Takes from the managers of an object what a change takes from them: fields with new values, and fields that are gone. Managers that are left
 * with nothing go, and so do those of versions that are served no longer. `self`, the key of who makes the change, keeps its own.
 * @throws ApplyConflict unless `force`, when others hold fields that change
 */
export function settle(
  versions: Versions,
  { before, after, managers }: Change,
  options: { readonly self: string; readonly filter: FieldFilter; readonly force: boolean },
): { managers: Map<string, Manager>; comparison: Comparison } {
  const compared = new Map<string, Compared | undefined>();
  const comparisonAt = (apiVersion: string): Compared | undefined => {
    if (!compared.has(apiVersion)) compared.set(apiVersion, compareAt(versions, before, after, apiVersion, options.filter));
    return compared.get(apiVersion);
  };
  const result = new Map<string, Manager>();
  const conflicts: Conflict[] = [];
  for (const [key, manager] of managers) {
    const comparison = comparisonAt(manager.apiVersion);
    if (key === options.self) result.set(key, manager);
    if (key === options.self || comparison === undefined) continue;
    const { written, removed } = comparison;
    const taken = intersection(manager.set, written);
    if (!isEmpty(taken)) conflicts.push({ manager, fields: taken });
    const set = difference(difference(manager.set, taken), removed);
    if (!isEmpty(set)) result.set(key, set === manager.set ? manager : { ...manager, set });
  }
  if (conflicts.length > 0 && !options.force) throw new ApplyConflict(conflicts);
  return { managers: result, comparison: comparisonAt(versions.apiVersion) ?? NOTHING };
}

interface Compared extends Comparison {
  /** What is modified or added, once for all managers. */
  readonly written: FieldSet;
}

const NOTHING: Comparison = { removed: new Map(), modified: new Map(), added: new Map() };

function compareAt(versions: Versions, before: unknown, after: unknown, apiVersion: string, filter: FieldFilter): Compared | undefined {
  const next = versions.at(after, apiVersion);
  if (next === undefined) return undefined;
  const compared = compare(next.type, versions.at(before, apiVersion)?.value, next.value);
  const [modified, added] = [filter(compared.modified), filter(compared.added)];
  return { removed: filter(compared.removed), modified, added, written: union(modified, added) };
}

/** The managers as today's schemas have them. */
export function reconcileManagers(versions: Versions, object: unknown, managers: Managers): Managers {
  const result = new Map<string, Manager>();
  for (const [key, manager] of managers) {
    const typed = versions.at(object, manager.apiVersion);
    if (typed === undefined) continue;
    const set = reconcile(typed.type, manager.set);
    result.set(key, set === manager.set ? manager : { ...manager, set });
  }
  return result;
}
