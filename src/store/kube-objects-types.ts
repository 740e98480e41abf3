import type { KubeObject } from '../protocol/kubernetes.ts';

/** `resource` is a Kubernetes GroupResource: `pods`, `devices.devices.kubeedge.io`. `namespace` is '' for cluster scope. */
export interface ObjectKey {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** One write, at its revision. Objects in it are shared: never change them. */
export interface Change extends ObjectKey {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The object after the write; for DELETED its last state, with the revision of the deletion. */
  readonly object: KubeObject;
  /** The object before the write. */
  readonly previous: KubeObject | undefined;
  /** How large both are together, as JSON. */
  readonly size: number;
}

export interface ListRange {
  /** All namespaces when undefined. */
  readonly namespace?: string | undefined;
  /** Starts behind this key. */
  readonly after?: Pick<ObjectKey, 'namespace' | 'name'> | undefined;
  /** The state as it was at this revision; the current one when undefined. */
  readonly revision?: number | undefined;
}

export interface ObjectWriter {
  get(key: ObjectKey): KubeObject | undefined;
  list(resource: string, range?: ListRange): Iterable<KubeObject>;
  /**
   * Stores `object` under the next revision, which it writes into metadata.resourceVersion.
   * @throws ObjectTooLarge when its JSON has more than `maxBytes`, and more than what it replaces
   */
  put(key: ObjectKey, object: KubeObject, maxBytes?: number): KubeObject;
  /** Removes the object; `last` is what watchers are told. */
  remove(key: ObjectKey, last: KubeObject): KubeObject;
}

/** An object that would take more room than it may. */
export class ObjectTooLarge extends Error {
  override readonly name = 'ObjectTooLarge';
}

/** @throws ObjectTooLarge when JSON has more than `maxBytes`, and more than what it replaces */
export function assertSize(json: string, previous: string | undefined, maxBytes: number): void {
  const size = Buffer.byteLength(json);
  if (size <= maxBytes || size <= Buffer.byteLength(previous ?? '')) return;
  throw new ObjectTooLarge(`the object would have ${size} bytes: limit is ${maxBytes}`);
}
