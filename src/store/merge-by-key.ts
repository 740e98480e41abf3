import type { StoredObject } from './stored-object.ts';

interface Keyed {
  readonly namespace: string;
  readonly name: string;
}

/** What stands at a key in place of what is there; undefined for nothing. */
export interface Override<T extends Keyed = StoredObject> extends Keyed {
  readonly stored: T | undefined;
}

/**
 * Both inputs ascend by namespace and name. Yields the rows with the overrides in their places: an override replaces the row
 * of its key, or stands where it was missing; one without anything stored takes the row away.
 */
export function* mergeByKey<T extends Keyed>(rows: Iterable<T>, overrides: readonly Override<T>[]): Generator<T> {
  let next = 0;
  for (const row of rows) {
    let replaced = false;
    for (let override = overrides[next]; override !== undefined && compareKeys(override, row) <= 0; override = overrides[++next]) {
      replaced = compareKeys(override, row) === 0;
      if (override.stored !== undefined) yield override.stored;
    }
    if (!replaced) yield row;
  }
  for (const { stored } of overrides.slice(next)) if (stored !== undefined) yield stored;
}

/** Below 0 when `a` comes first. */
export function compareKeys(a: Keyed, b: Keyed): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}
