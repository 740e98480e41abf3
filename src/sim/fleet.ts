import { Backoff } from '../kernel/backoff.ts';
import { sleep } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { EnrolmentClient } from '../daemons/edge/edgehub/enrolment-client.ts';
import { readMachine } from '../daemons/edge/edged/machine.ts';
import type { Machine } from '../daemons/edge/edged/machine.ts';
import { SimEdge } from './sim-edge.ts';
import { Traffic } from './traffic.ts';
import type { TrafficCount } from './traffic.ts';

/** What a process needs to know to be many edges. */
export interface FleetOptions {
  readonly names: readonly string[];
  readonly cloud: { readonly host: string; readonly port: number };
  /** The part of a join token after the point. */
  readonly jwt: string;
  readonly caPem: string;
  readonly caPath: string;
  readonly folder: string;
  readonly version: string;
  /** Between two reports of a device. */
  readonly reportIntervalMs: number;
}

/** Edges that enrol at the same time. */
const ENROLLING = 16;
/** Edges report one after the other, not all in the same moment. */
const SLICES = 20;

/** Many simulated edges in one process. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #clock: Clock;
  readonly #traffic = new Traffic();
  readonly #edges: SimEdge[] = [];
  #enrolled = 0;
  readonly #stop = new AbortController();
  #cancelReports: () => void = () => undefined;

  constructor(options: FleetOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Enrols every edge; each connects as soon as it has its certificate. What fails is tried again. */
  async start(): Promise<void> {
    const { names, cloud, folder, reportIntervalMs } = this.#options;
    const machine: Machine = await readMachine(folder);
    const client = new EnrolmentClient(cloud);
    const waiting = [...names];
    const enrolNext = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await this.#enrol(name, client, machine);
    };
    let turn = 0;
    this.#cancelReports = this.#clock.every(Math.max(1, reportIntervalMs / SLICES), () => {
      turn += 1;
      for (let index = turn % SLICES; index < this.#edges.length; index += SLICES) this.#edges[index]?.report(turn);
    });
    await Promise.all(Array.from({ length: ENROLLING }, enrolNext));
  }

  count(): TrafficCount {
    const { up, down, bytesUp, bytesDown, reports, confirmed, trouble } = this.#traffic;
    const edges = this.#edges;
    return {
      enrolled: this.#enrolled,
      connected: edges.filter(({ connected }) => connected).length,
      ready: edges.filter(({ ready }) => ready).length,
      devices: edges.reduce((sum, { devices }) => sum + devices, 0),
      ...{ up, down, bytesUp, bytesDown, reports, confirmed },
      confirmMs: this.#traffic.takeConfirmMs(),
      ...(trouble !== undefined && { trouble }),
    };
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelReports();
    await Promise.all(this.#edges.map((edge) => edge.stop()));
  }

  async #enrol(nodeName: string, client: EnrolmentClient, machine: Machine): Promise<void> {
    const deps = { clock: this.#clock, traffic: this.#traffic, machine: () => Promise.resolve(machine) };
    const edge = new SimEdge({ ...this.#options, nodeName }, deps);
    const backoff = new Backoff({ initialMs: 500, maxMs: 10_000 });
    while (!this.#stop.signal.aborted) {
      try {
        await edge.start(client, this.#options.jwt);
        this.#enrolled += 1;
        this.#edges.push(edge);
        return;
      } catch (error) {
        this.#traffic.trouble = messageOf(error);
        await sleep(backoff.next(), this.#stop.signal, this.#clock).catch(() => undefined);
      }
    }
  }
}
