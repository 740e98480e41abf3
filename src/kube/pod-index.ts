import { keyOf } from './object-cache.ts';
import type { Pod } from '../protocol/kubernetes.ts';
import { referencesOf } from '../protocol/pod-references.ts';
import type { PodReferences } from '../protocol/pod-references.ts';

interface Entry {
  readonly pod: Pod;
  readonly references: PodReferences;
}

/** Which pods are bound to which node, and with them what the node may read. */
export class PodIndex {
  readonly #nodes = new Map<string, Map<string, Entry>>();

  set(pod: Pod): void {
    const nodeName = pod.spec?.nodeName;
    if (nodeName === undefined || nodeName === '') return;
    const pods = this.#nodes.get(nodeName) ?? new Map<string, Entry>();
    this.#nodes.set(nodeName, pods.set(keyOf(pod), { pod, references: referencesOf(pod) }));
  }

  remove(pod: Pod): void {
    const nodeName = pod.spec?.nodeName ?? '';
    const pods = this.#nodes.get(nodeName);
    pods?.delete(keyOf(pod));
    if (pods?.size === 0) this.#nodes.delete(nodeName);
  }

  podsOf(nodeName: string): Pod[] {
    return [...(this.#nodes.get(nodeName)?.values() ?? [])].map(({ pod }) => pod);
  }

  /** The pod (`namespace/name`), if it is bound to the node. */
  podOf(nodeName: string, key: string): Pod | undefined {
    return this.#nodes.get(nodeName)?.get(key)?.pod;
  }

  /** True when a pod bound to the node refers to this object. `key` is `namespace/name`. */
  uses(nodeName: string, kind: keyof PodReferences, key: string): boolean {
    return [...(this.#nodes.get(nodeName)?.values() ?? [])].some(({ references }) => references[kind].has(key));
  }

  /** The nodes that host a pod which refers to this object. */
  nodesUsing(kind: keyof PodReferences, key: string): string[] {
    return [...this.#nodes.keys()].filter((nodeName) => this.uses(nodeName, kind, key));
  }

  /** Keys of all objects of a kind that the node's pods refer to. */
  referencesOf(nodeName: string, kind: keyof PodReferences): Set<string> {
    const entries = [...(this.#nodes.get(nodeName)?.values() ?? [])];
    return new Set(entries.flatMap(({ references }) => [...references[kind]]));
  }
}
