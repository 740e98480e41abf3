import type { KubeObject } from '../protocol/kubernetes.ts';
import type { ObjectWriter } from './kube-objects-types.ts';

/** For a transaction that will be undone: what is put or removed keeps the version that it had, and has none when it is new. */
export function dryRunWriter(writer: ObjectWriter): ObjectWriter {
  return {
    ...writer,
    put: (key, object, maxBytes) => keepingVersion(writer.get(key), writer.put(key, object, maxBytes)),
    remove: (key, last) => keepingVersion(writer.get(key), writer.remove(key, last)),
  };
}

function keepingVersion(before: KubeObject | undefined, object: KubeObject): KubeObject {
  const metadata = { ...object.metadata };
  if (before?.metadata.resourceVersion === undefined) delete metadata.resourceVersion;
  else metadata.resourceVersion = before.metadata.resourceVersion;
  return { ...object, metadata };
}
