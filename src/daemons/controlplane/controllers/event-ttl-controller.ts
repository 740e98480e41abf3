import { isNotFound } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { listAll } from '../../../kube/list-all.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { RESOURCES, type KubeObject } from '../../../protocol/kubernetes.ts';

export interface EventTtlDeps {
  readonly client: Pick<KubeClient, 'list' | 'delete'>;
  readonly clock: Clock;
}

/** How long Kubernetes' API server keeps events (its flag --event-ttl). */
const EVENT_TTL_MS = 60 * 60 * 1000;
const SWEEP_MS = 5 * 60 * 1000;

interface Event extends KubeObject {
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { lastObservedTime?: string | null };
}

/** When it was last seen: of the times that the two forms of events have, the newest. */
function lastSeen({ metadata, lastTimestamp, eventTime, series }: Event): number {
  const times = [metadata.creationTimestamp, lastTimestamp, eventTime, series?.lastObservedTime].map((time) => Date.parse(time ?? ''));
  return Math.max(...times.filter((time) => !Number.isNaN(time)), 0);
}

/** Deletes events that nobody has repeated for an hour. */
export class EventTtlController implements Module {
  readonly name = 'event-ttl-controller';
  readonly #deps: EventTtlDeps;

  constructor(deps: EventTtlDeps) {
    this.#deps = deps;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- nothing to wait for: it only sets a timer
  async start(scope: Scope): Promise<void> {
    const sweep = (): void => {
      this.#sweep(scope.signal).catch((error: unknown) => scope.log.warn({ err: error }, 'cannot delete old events'));
    };
    scope.defer(this.#deps.clock.every(SWEEP_MS, sweep));
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#deps;
    const { items } = await listAll<Event>(client, RESOURCES.event);
    const before = clock.now() - EVENT_TTL_MS;
    for (const event of items) {
      if (signal.aborted) return;
      if (lastSeen(event) >= before) continue;
      const { metadata } = event;
      await client.delete(RESOURCES.event, metadata.name, metadata.namespace).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }
}
