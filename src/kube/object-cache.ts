import type { Scope } from '../kernel/module.ts';
import type { KubeObject } from '../protocol/kubernetes.ts';
import { withoutManagedFields } from '../protocol/managed-fields.ts';

/** Told about each change, in order, one at a time. What they throw is logged and stops nobody else. */
export interface ChangeHandlers<T extends KubeObject> {
  readonly added?: (object: T) => void;
  readonly updated?: (old: T, object: T) => void;
  readonly deleted?: (object: T) => void;
}

/** `namespace/name`, or `name` in cluster scope. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** Objects by key, and who wants to hear of their changes. An object with another uid is another object: deleted, then added. */
export class ObjectCache<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #handlers = new Set<{ scope: Scope; handlers: ChangeHandlers<T> }>();

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  /** Subscribes until the scope ends; what is already there is told as added, at once. */
  onChange(scope: Scope, handlers: ChangeHandlers<T>): void {
    const entry = { scope, handlers };
    this.#handlers.add(entry);
    scope.defer(() => {
      this.#handlers.delete(entry);
    });
    for (const object of this.list()) this.#guard(scope, () => handlers.added?.(object));
  }

  /** Stores an object that was added or modified, without managedFields: they are large, and nobody asks a cache for them. */
  put(given: T): void {
    const object = withoutManagedFields(given);
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) this.remove(old);
    const previous = this.#objects.get(key);
    if (previous !== undefined && previous.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#objects.set(key, object);
    this.#tell((handlers) => (previous === undefined ? handlers.added?.(object) : handlers.updated?.(previous, object)));
  }

  /** Forgets an object; handlers get its last state. */
  remove(object: T): void {
    if (this.#objects.delete(keyOf(object))) this.#tell((handlers) => handlers.deleted?.(object));
  }

  /** Makes the cache equal to a complete list and tells what that changed: the deletions first. */
  replace(objects: readonly T[]): void {
    const keys = new Set(objects.map(keyOf));
    for (const [key, object] of [...this.#objects]) if (!keys.has(key)) this.remove(object);
    for (const object of objects) this.put(object);
  }

  #tell(call: (handlers: ChangeHandlers<T>) => void): void {
    for (const { scope, handlers } of [...this.#handlers]) this.#guard(scope, () => call(handlers));
  }

  #guard(scope: Scope, call: () => void): void {
    try {
      call();
    } catch (error) {
      scope.log.error({ err: error }, 'a handler of object changes failed');
    }
  }
}
