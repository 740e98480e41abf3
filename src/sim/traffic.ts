/** What the edges of one process have seen so far; a plain object, so that it can be sent to another process. */
export interface TrafficCount {
  /** Edges with a certificate, with an open session, and whose Node the cloud has confirmed as Ready in this session. */
  readonly enrolled: number;
  readonly connected: number;
  readonly ready: number;
  readonly devices: number;
  /** Messages to and from the cloud, and their JSON in bytes. */
  readonly up: number;
  readonly down: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly reports: number;
  readonly confirmed: number;
  /** From a report to its confirmation, ms, of those since the last count. */
  readonly confirmMs: readonly number[];
  /** Why an edge could not do something, the newest. */
  readonly trouble?: string;
}

export const NO_TRAFFIC: TrafficCount = {
  enrolled: 0,
  connected: 0,
  ready: 0,
  devices: 0,
  up: 0,
  down: 0,
  bytesUp: 0,
  bytesDown: 0,
  reports: 0,
  confirmed: 0,
  confirmMs: [],
};

/** Several processes' counts as one. */
export function addTraffic(counts: readonly TrafficCount[]): TrafficCount {
  const sum = (key: Exclude<keyof TrafficCount, 'confirmMs' | 'trouble'>): number => counts.reduce((all, count) => all + count[key], 0);
  const trouble = counts.findLast((count) => count.trouble !== undefined)?.trouble;
  return {
    enrolled: sum('enrolled'),
    connected: sum('connected'),
    ready: sum('ready'),
    devices: sum('devices'),
    up: sum('up'),
    down: sum('down'),
    bytesUp: sum('bytesUp'),
    bytesDown: sum('bytesDown'),
    reports: sum('reports'),
    confirmed: sum('confirmed'),
    confirmMs: counts.flatMap(({ confirmMs }) => confirmMs),
    ...(trouble !== undefined && { trouble }),
  };
}

/** Counts as it happens. */
export class Traffic {
  up = 0;
  down = 0;
  bytesUp = 0;
  bytesDown = 0;
  reports = 0;
  confirmed = 0;
  trouble: string | undefined;
  #confirmMs: number[] = [];

  sent(bytes: number): void {
    this.up += 1;
    this.bytesUp += bytes;
  }

  received(bytes: number): void {
    this.down += 1;
    this.bytesDown += bytes;
  }

  confirm(ms: number): void {
    this.confirmed += 1;
    this.#confirmMs.push(ms);
  }

  /** @returns the times since the last call */
  takeConfirmMs(): number[] {
    const taken = this.#confirmMs;
    this.#confirmMs = [];
    return taken;
  }
}
