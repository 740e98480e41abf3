import { apiVersionOf, type ApiResource } from '../../../../protocol/kubernetes.ts';
import { groupResource } from '../status-error.ts';
import { Distribution } from './distribution.ts';
import type { Family, Labels } from './family.ts';
import type { RequestLabels } from './request-labels.ts';
import { SeriesMap } from './series-map.ts';

/** Bytes. */
const EVENT_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128].map((kilobytes) => kilobytes * 1024);
const SIZE = 'apiserver_watch_events_sizes';

/** What is told about the watches of one resource. */
export interface WatchObserver {
  /** An event of so many bytes was written. */
  readonly sent: (bytes: number) => void;
  /** It is cut off, since its client does not read. */
  readonly cutOff: () => void;
}

/** The watches that are open, and what all watches sent. */
export class WatchSeries {
  readonly #open = new Map<string, { readonly labels: Labels; readonly resource: ApiResource; count: number }>();
  readonly #events: SeriesMap<Distribution>;
  readonly #cutOff: SeriesMap<{ count: number }>;

  /** @param isServed whether the resource of these labels is there still */
  constructor(isServed: (labels: Labels) => boolean) {
    this.#events = new SeriesMap(() => new Distribution(EVENT_BOUNDS), isServed);
    this.#cutOff = new SeriesMap(() => ({ count: 0 }), isServed);
  }

  /** A watch has begun; returns what to call at its end. */
  begin(labels: RequestLabels, resource: ApiResource): () => void {
    const key = `${apiVersionOf(resource)}/${resource.plural} ${labels.scope}`;
    const open = this.#open.get(key) ?? { labels, resource, count: 0 };
    open.count += 1;
    this.#open.set(key, open);
    return () => {
      open.count -= 1;
      if (open.count === 0 && this.#open.get(key) === open) this.#open.delete(key);
    };
  }

  observe(resource: ApiResource): WatchObserver {
    const { group, version, kind } = resource;
    const events = this.#events.at(`${apiVersionOf(resource)}/${kind}`, () => ({ group, version, kind }));
    return {
      sent: (bytes) => events.observe(bytes),
      cutOff: () => {
        const name = groupResource(resource);
        this.#cutOff.at(name, () => ({ resource: name })).count += 1;
      },
    };
  }

  families(): Family[] {
    const events = this.#events.entries().filter(({ value }) => value.count > 0);
    const open = [...this.#open.values()];
    return [
      {
        name: 'apiserver_longrunning_requests',
        help: 'Watches that are open.',
        type: 'gauge',
        values: open.map(({ labels, count }) => ({ labels, value: count })),
      },
      { name: 'apiserver_registered_watchers', help: 'Watches that are open, by kind.', type: 'gauge', values: byKind(open) },
      {
        name: 'apiserver_watch_events_total',
        help: 'Events that were sent to watches.',
        type: 'counter',
        values: events.map(({ labels, value }) => ({ labels, value: value.count })),
      },
      {
        name: SIZE,
        help: 'How long the events of watches were, in bytes.',
        type: 'histogram',
        values: events.flatMap(({ labels, value }) => value.samples(SIZE, labels)),
      },
      {
        name: 'apiserver_terminated_watchers_total',
        help: 'Watches that were cut off because their clients did not read.',
        type: 'counter',
        values: this.#cutOff.entries().map(({ labels, value }) => ({ labels, value: value.count })),
      },
    ];
  }
}

function byKind(open: readonly { readonly resource: ApiResource; readonly count: number }[]): Family['values'] {
  const kinds = new Map<string, { labels: Labels; value: number }>();
  for (const { resource, count } of open) {
    const { group, version, kind } = resource;
    const key = `${apiVersionOf(resource)}/${kind}`;
    kinds.set(key, { labels: { group, version, kind }, value: (kinds.get(key)?.value ?? 0) + count });
  }
  return [...kinds.values()];
}
