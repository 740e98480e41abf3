import { EMPTY_SET, union } from './field-set.ts';
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
  for (const [key, manager] of updaters) {
    if (count <= MAX_UPDATE_MANAGERS) return;
    const { apiVersion } = manager;
    const older = first.get(apiVersion);
    if (older === undefined) {
      first.set(apiVersion, key);
      continue;
    }
    const bucket: Manager = { ...manager, name: OLDEST, subresource: '' };
    const bucketKey = managerKey(bucket);
    const other = managers.has(bucketKey) && bucketKey !== key ? bucketKey : older;
    const set = union(manager.set, managers.get(other)?.set ?? EMPTY_SET);
    managers.delete(other);
    managers.delete(key);
    managers.set(bucketKey, { ...bucket, set });
    count -= 1;
  }
}
