import type { KubeObject } from './kubernetes.ts';

/** An object without the API server's account of who owns which field; the object itself when it has none. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata.managedFields === undefined) return object;
  const metadata = { ...object.metadata };
  delete metadata.managedFields;
  return { ...object, metadata };
}
