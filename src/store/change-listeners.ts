import type { Change } from './kube-objects-types.ts';

export type ChangeListener = (change: Change) => void;
export type ListenerFailed = (error: unknown, change: Change) => void;

/** Every resource. */
const ALL = '*';

/** Who is told of changes that are committed. */
export class ChangeListeners {
  readonly #failed: ListenerFailed | undefined;
  readonly #listeners = new Map<string, Set<ChangeListener>>();

  /** `failed` is called when a listener throws; without it `tell` throws. */
  constructor(failed: ListenerFailed | undefined) {
    this.#failed = failed;
  }

  /** For the changes of a resource, or of all (`*`), until cancelled. */
  add(resource: string, listener: ChangeListener): () => void {
    const listeners = this.#listeners.get(resource) ?? new Set();
    this.#listeners.set(resource, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  /**
   * Tells of all changes in their order. What one listener throws keeps nothing from the others.
   * @throws AggregateError at the end, of what listeners threw, where nobody else hears of it
   */
  tell(changes: readonly Change[]): void {
    const failures: unknown[] = [];
    const failed = this.#failed ?? ((error) => void failures.push(error));
    for (const change of changes) for (const resource of [change.resource, ALL]) this.#tellOne(resource, change, failed);
    if (failures.length > 0) throw new AggregateError(failures, 'listeners failed on changes that are committed');
  }

  #tellOne(resource: string, change: Change, failed: ListenerFailed): void {
    const listeners = this.#listeners.get(resource) ?? new Set();
    // Who subscribes now has seen this change already; who was cancelled meanwhile hears no more.
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue;
      try {
        listener(change);
      } catch (error) {
        failed(error, change);
      }
    }
  }
}
