import type { Clock } from '../../../kernel/clock.ts';
import type { Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { formatResource, parseResource } from '../../../protocol/resource.ts';
import type { ResourcePath } from '../../../protocol/resource.ts';
import { ASK_TIMEOUT_MS, refusal } from './ask.ts';
import type { Ask } from './ask.ts';

export interface PodDeletionsDeps {
  readonly ask: Ask;
  readonly isConnected: () => boolean;
  readonly getObject: (path: ResourcePath) => KubeObject | undefined;
  readonly listObjects: (type: string) => KubeObject[];
  readonly clock: Clock;
}

const CONCURRENCY = 4;

/** Without a runtime a pod that is to be deleted has nothing left to stop: its deletion is confirmed until the cloud has heard it. */
export class PodDeletions {
  readonly #deps: PodDeletionsDeps;
  readonly #queue: WorkQueue;

  constructor(deps: PodDeletionsDeps, scope: Scope) {
    this.#deps = deps;
    this.#queue = new WorkQueue(scope, (resource) => this.#confirm(resource), { concurrency: CONCURRENCY, clock: deps.clock });
  }

  /** Looks at one pod that was stored. */
  consider({ metadata }: KubeObject): void {
    if (metadata.deletionTimestamp === undefined) return;
    this.#queue.add(formatResource({ namespace: metadata.namespace ?? 'default', type: 'pod', name: metadata.name }));
  }

  /** Looks at every stored pod: what happened while nobody looked must not be missed. */
  considerAll(): void {
    for (const pod of this.#deps.listObjects('pod')) this.consider(pod);
  }

  async #confirm(resource: string): Promise<void> {
    const path = parseResource(resource);
    const pod = path === undefined ? undefined : this.#deps.getObject(path);
    if (pod?.metadata.deletionTimestamp === undefined || !this.#deps.isConnected()) return;
    const { uid } = pod.metadata;
    const content = { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { preconditions: { uid } }) };
    const answer = await this.#deps.ask({ operation: 'delete', resource, content, timeoutMs: ASK_TIMEOUT_MS });
    // The cloud has no such pod, or another one under this name; it will tell us so itself.
    const gone = !answer.ok && (answer.status.reason === 'NotFound' || answer.status.reason === 'Conflict');
    if (!answer.ok && !gone) throw refusal(answer.status, `the deletion of ${resource}`);
  }
}
