import { EMPTY_SET, unionOf, type FieldSet } from './field-set.ts';
import { compareTexts, managerKey, secondsOf, type Manager } from './managed-fields.ts';

const MAX_UPDATE_MANAGERS = 10;
const OLDEST = 'ancient-changes';

/** Keeps at most ten managers that update: the oldest of a version become one, `ancient-changes`. Changes the map. */
export function capManagers(managers: Map<string, Manager>): void {
  const updaters = [...managers].filter(([, { operation }]) => operation === 'Update');
  let count = updaters.length;
  if (count <= MAX_UPDATE_MANAGERS) return;
  updaters.sort(([a, one], [b, other]) => secondsOf(one) - secondsOf(other) || compareTexts(a, b));
  const first = new Map<string, string>();
  /** What goes into each bucket, put together in the end: one by one would take the square of it. */
  const parts = new Map<string, FieldSet[]>();
  for (const [key, manager] of updaters) {
    if (count <= MAX_UPDATE_MANAGERS) break;
    const { apiVersion } = manager;
    const older = first.get(apiVersion);
    if (older === undefined) {
      first.set(apiVersion, key);
      continue;
    }
    // This one took in others already.
    if (parts.has(key)) continue;
    const bucket: Manager = { ...manager, name: OLDEST, subresource: '' };
    const bucketKey = managerKey(bucket);
    const other = managers.has(bucketKey) && bucketKey !== key ? bucketKey : older;
    const sets = parts.get(other) ?? [managers.get(other)?.set ?? EMPTY_SET];
    sets.push(manager.set);
    parts.set(bucketKey, sets);
    managers.delete(other);
    managers.delete(key);
    managers.set(bucketKey, bucket);
    count -= 1;
  }
  for (const [key, sets] of parts) managers.set(key, { ...(managers.get(key) as Manager), set: unionOf(sets) });
}
