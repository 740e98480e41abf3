import { round, spread } from './sample.ts';
import type { Outage, SimResult, SimSample } from './sample.ts';
import type { TrafficCount } from './traffic.ts';

/** Of the times that are kept for the result. */
const KEPT_TIMES = 200_000;

export interface ObserverOptions {
  readonly edges: number;
  readonly devices: number;
  readonly processes: number;
  /** Resident memory of the cloud daemon; undefined while it does not run. */
  readonly cloudBytes: () => number | undefined;
  readonly onSample: (sample: SimSample) => void;
}

/** Makes samples of counts, and the result of samples. Times are milliseconds since it was made. */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #begun = performance.now();
  readonly #memoryBefore: number | undefined;
  readonly #outages: Outage[] = [];
  readonly #confirmMs: number[] = [];
  #last: SimSample | undefined;
  #enrolledMs = 0;
  #readyMs = 0;
  #steady: { readonly ms: number; readonly confirmed: number } | undefined;
  #peak = 0;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#memoryBefore = options.cloudBytes();
  }

  /** From now on all is there: reports are timed, and edges that are not Ready are an outage. */
  begin(): void {
    this.#steady = { ms: this.#elapsed(), confirmed: this.#last?.confirmed ?? 0 };
  }

  /** Milliseconds since `begin`. */
  get heldMs(): number {
    return this.#elapsed() - (this.#steady?.ms ?? this.#elapsed());
  }

  observe({ confirmMs, ...count }: TrafficCount): SimSample {
    const { edges, cloudBytes, onSample } = this.#options;
    const ms = this.#elapsed();
    const { up, down, ms: then } = this.#last ?? { up: 0, down: 0, ms: 0 };
    const times = spread(confirmMs);
    const bytes = cloudBytes();
    const sample: SimSample = {
      ...count,
      ms,
      perSecond: Math.round(((count.up + count.down - up - down) * 1000) / Math.max(1, ms - then)),
      ...(times !== undefined && { confirmMs: times }),
      ...(bytes !== undefined && { cloudBytes: bytes }),
    };
    if (this.#enrolledMs === 0 && count.enrolled === edges) this.#enrolledMs = ms;
    if (this.#readyMs === 0 && count.ready === edges) this.#readyMs = ms;
    if (this.#steady !== undefined) {
      this.#confirmMs.push(...confirmMs.slice(0, KEPT_TIMES - this.#confirmMs.length));
      this.#noteReady(sample);
    }
    this.#peak = Math.max(this.#peak, bytes ?? 0);
    this.#last = sample;
    onSample(sample);
    return sample;
  }

  result(): SimResult {
    const { edges, devices, processes } = this.#options;
    const [last, steady] = [this.#last, this.#steady];
    if (last === undefined || steady === undefined) throw new Error('nothing was observed');
    const times = spread(this.#confirmMs);
    const [before, end] = [this.#memoryBefore, last.cloudBytes];
    return {
      ...{ edges, devices, processes },
      enrolledMs: this.#enrolledMs,
      enrolmentsPerSecond: round((edges * 1000) / this.#enrolledMs),
      readyMs: this.#readyMs,
      reports: {
        sent: last.reports,
        confirmed: last.confirmed,
        perSecond: round(((last.confirmed - steady.confirmed) * 1000) / Math.max(1, last.ms - steady.ms)),
        ...(times !== undefined && { confirmMs: times }),
      },
      bytesPerMessage: { up: Math.round(last.bytesUp / Math.max(1, last.up)), down: Math.round(last.bytesDown / Math.max(1, last.down)) },
      ...(before !== undefined &&
        end !== undefined && {
          cloudMemory: { beforeBytes: before, peakBytes: this.#peak, endBytes: end, perEdgeBytes: Math.round((end - before) / edges) },
        }),
      outages: this.#outages,
    };
  }

  #noteReady({ ms, ready }: SimSample): void {
    const last = this.#outages.at(-1);
    const open = last?.lastedMs === undefined ? last : undefined;
    if (ready === this.#options.edges) {
      if (open !== undefined) this.#outages.splice(-1, 1, { ...open, lastedMs: ms - open.beganMs });
    } else if (open === undefined) this.#outages.push({ beganMs: ms, fewestReady: ready });
    else this.#outages.splice(-1, 1, { ...open, fewestReady: Math.min(open.fewestReady, ready) });
  }

  #elapsed(): number {
    return Math.round(performance.now() - this.#begun);
  }
}
