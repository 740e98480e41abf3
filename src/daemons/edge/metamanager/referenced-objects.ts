import type { Bus } from '../../../kernel/bus.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import type { Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import type { Answer } from '../../../protocol/answer.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { referencesOf } from '../../../protocol/pod-references.ts';
import { parseResource } from '../../../protocol/resource.ts';
import type { ResourcePath } from '../../../protocol/resource.ts';
import type { EdgeEvents } from '../events.ts';

export interface ReferencedObjectsDeps {
  readonly bus: Bus<EdgeEvents>;
  readonly clock: Clock;
  readonly isConnected: () => boolean;
  /** False towards KubeEdge's cloud. */
  readonly isKedgeCloud: () => boolean;
  readonly get: (path: ResourcePath) => KubeObject | undefined;
  readonly list: (type: string) => readonly KubeObject[];
  /** Asks the cloud for one object and stores it. */
  readonly query: (resource: string) => Promise<Answer>;
}

const CONCURRENCY = 2;
const LONGEST_RETRY_MS = 60_000;

/**
 * Asks KubeEdge's cloud for the ConfigMaps and Secrets that pods of this node refer to: it tells of them by itself only when they change
 * (KubeEdge wire format, cloud to edge), so that they are here when the cloud is away. A cloud of kedge sends them.
 */
export class ReferencedObjects {
  readonly #deps: ReferencedObjectsDeps;

  constructor(deps: ReferencedObjectsDeps) {
    this.#deps = deps;
  }

  start(scope: Scope): void {
    const { bus, clock, list } = this.#deps;
    const queue = new WorkQueue(scope, (resource) => this.#ask(resource), { concurrency: CONCURRENCY, maxMs: LONGEST_RETRY_MS, clock });
    const consider = (pod: KubeObject): void => {
      for (const resource of this.#wanted(pod, scope.log)) queue.add(resource);
    };
    bus.on(scope, 'cloudConnected', () => {
      list('pod').forEach(consider);
    });
    bus.on(scope, 'objectStored', ({ type, object }) => {
      if (type === 'pod') consider(object);
    });
  }

  #wanted(pod: KubeObject, log: Logger): string[] {
    if (this.#deps.isKedgeCloud() || pod.metadata.deletionTimestamp !== undefined) return [];
    try {
      const { configMaps, secrets } = referencesOf(pod);
      return [...resourcesOf('configmap', configMaps), ...resourcesOf('secret', secrets)];
    } catch (error) {
      log.error({ err: error, pod: pod.metadata.name }, 'the spec of a pod cannot be read');
      return [];
    }
  }

  /** One that is not there yet is told by the cloud once it is. */
  async #ask(resource: string): Promise<void> {
    const path = parseResource(resource);
    if (path === undefined || !this.#deps.isConnected() || this.#deps.get(path) !== undefined) return;
    await this.#deps.query(resource);
  }
}

/** `namespace/name` → `namespace/type/name`. */
function resourcesOf(type: string, keys: ReadonlySet<string>): string[] {
  return [...keys].map((key) => key.replace('/', `/${type}/`));
}
