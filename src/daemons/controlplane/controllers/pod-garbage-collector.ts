import { isNotFound } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { listAll } from '../../../kube/list-all.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { RESOURCES, type KubeObject } from '../../../protocol/kubernetes.ts';

export interface PodGarbageCollectorDeps {
  readonly client: Pick<KubeClient, 'list' | 'delete'>;
  readonly clock: Clock;
}

interface Pod extends KubeObject {
  spec?: { nodeName?: string };
}

/** How often it looks, and how long a node must be missing, as in Kubernetes' pod garbage collector. */
const LOOK_MS = 20_000;
const QUARANTINE_MS = 40_000;

/** Removes the pods of nodes that are no more: nobody is left who could confirm their end. */
export class PodGarbageCollector implements Module {
  readonly name = 'pod-garbage-collector';
  readonly #deps: PodGarbageCollectorDeps;
  /** Since when nodes that have pods are missing, ms. */
  #missing: ReadonlyMap<string, number> = new Map();

  constructor(deps: PodGarbageCollectorDeps) {
    this.#deps = deps;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- nothing to wait for: it only sets a timer
  async start(scope: Scope): Promise<void> {
    const look = (): void => {
      this.#look(scope.signal).catch((error: unknown) => scope.log.warn({ err: error }, 'cannot remove the pods of deleted nodes'));
    };
    scope.defer(this.#deps.clock.every(LOOK_MS, look));
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#deps;
    const { items: pods } = await listAll<Pod>(client, RESOURCES.pod);
    const bound = new Set(pods.map(({ spec }) => spec?.nodeName ?? '').filter((name) => name !== ''));
    const nodes = new Set((bound.size === 0 ? [] : (await listAll(client, RESOURCES.node)).items).map(({ metadata }) => metadata.name));
    const now = clock.now();
    const gone = [...bound].filter((name) => !nodes.has(name));
    this.#missing = new Map(gone.map((name) => [name, this.#missing.get(name) ?? now]));
    for (const { metadata, spec } of pods) {
      if (signal.aborted) return;
      const since = this.#missing.get(spec?.nodeName ?? '') ?? now;
      if (now - since >= QUARANTINE_MS) await this.#remove(metadata);
    }
  }

  async #remove({ name, namespace, uid }: KubeObject['metadata']): Promise<void> {
    const options = { gracePeriodSeconds: 0, ...(uid !== undefined && { preconditions: { uid } }) };
    await this.#deps.client.delete(RESOURCES.pod, name, namespace, options).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
}
