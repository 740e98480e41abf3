import { isObject, type JsonObject } from './json.ts';

/** The spec of a PersistentVolumeClaim with its defaults; what it is made from has an older name, `dataSource`, and a newer one. */
export function claimSpecDefaults(spec: JsonObject): JsonObject {
  const { dataSource: source, dataSourceRef: reference } = spec;
  const defaulted = { volumeMode: 'Filesystem', ...spec };
  if (isObject(source) && reference === undefined) return { ...defaulted, dataSourceRef: source };
  // The older one cannot name what is in another namespace.
  if (isObject(reference) && source === undefined && reference['namespace'] === undefined) return { ...defaulted, dataSource: reference };
  return defaulted;
}
