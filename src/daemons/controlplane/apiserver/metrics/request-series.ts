import { Distribution } from './distribution.ts';
import type { Family, Labels } from './family.ts';
import type { RequestLabels } from './request-labels.ts';
import { SeriesMap } from './series-map.ts';

/** Seconds. */
const DURATION_BOUNDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
/** Bytes. */
const SIZE_BOUNDS = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/** Sizes are those of what was read. */
const READS = new Set(['GET', 'LIST', 'WATCH']);
const DURATION = 'apiserver_request_duration_seconds';
const SIZE = 'apiserver_response_sizes';

/** Requests by what they were for: how many, how long they took, and how long the answers were. */
export class RequestSeries {
  readonly #requests: SeriesMap<{ readonly codes: Map<number, number>; readonly durations: Distribution }>;
  readonly #sizes: SeriesMap<Distribution>;

  /** @param isServed whether the resource of these labels is there still */
  constructor(isServed: (labels: Labels) => boolean) {
    this.#requests = new SeriesMap(() => ({ codes: new Map(), durations: new Distribution(DURATION_BOUNDS) }), isServed);
    this.#sizes = new SeriesMap(() => new Distribution(SIZE_BOUNDS), isServed);
  }

  count(labels: RequestLabels, dry_run: string, code: number, seconds: number, bytes: number): void {
    const { verb, group, version, resource, subresource, scope } = labels;
    const key = `${verb} ${group}/${version}/${resource}/${subresource} ${scope}`;
    const { codes, durations } = this.#requests.at(`${key} ${dry_run}`, () => ({ ...labels, dry_run }));
    codes.set(code, (codes.get(code) ?? 0) + 1);
    durations.observe(seconds);
    if (READS.has(verb)) this.#sizes.at(key, () => labels).observe(bytes);
  }

  families(): Family[] {
    const requests = this.#requests.entries();
    return [
      {
        name: 'apiserver_request_total',
        help: 'Requests by verb, dry run, group, version, resource, subresource, scope, component and HTTP code.',
        type: 'counter',
        values: requests.flatMap(({ labels, value: { codes } }) =>
          [...codes].map(([code, value]) => ({ labels: { ...labels, code: String(code) }, value })),
        ),
      },
      {
        name: DURATION,
        help: 'How long requests took, in seconds; watches as long as they lasted.',
        type: 'histogram',
        values: requests.flatMap(({ labels, value: { durations } }) => durations.samples(DURATION, labels)),
      },
      {
        name: SIZE,
        help: 'How long the answers to GET, LIST and WATCH were, in bytes as they were sent.',
        type: 'histogram',
        values: this.#sizes.entries().flatMap(({ labels, value }) => value.samples(SIZE, labels)),
      },
    ];
  }
}
