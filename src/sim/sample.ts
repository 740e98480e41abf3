import type { TrafficCount } from './traffic.ts';

/** Milliseconds: the middle one, and those that so many in a hundred do not exceed. */
export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** Where a simulation is. */
export interface SimSample extends Omit<TrafficCount, 'confirmMs'> {
  /** Since the start of the simulation. */
  readonly ms: number;
  /** Messages a second, both ways, since the sample before. */
  readonly perSecond: number;
  /** From a report to its confirmation, since the sample before; absent when there was none. */
  readonly confirmMs?: Spread;
  /** Resident memory of the cloud daemon, while it runs. */
  readonly cloudBytes?: number;
}

/** A time in which not all edges were Ready. */
export interface Outage {
  /** Since the start of the simulation. */
  readonly beganMs: number;
  /** Absent: it lasts. */
  readonly lastedMs?: number;
  readonly fewestReady: number;
}

export interface SimResult {
  readonly edges: number;
  readonly devices: number;
  readonly processes: number;
  /** From the first request for a certificate until every edge had one, and until all Nodes were Ready. */
  readonly enrolledMs: number;
  readonly enrolmentsPerSecond: number;
  readonly readyMs: number;
  /** Reports that the cloud has confirmed, and how long that took. */
  readonly reports: { readonly sent: number; readonly confirmed: number; readonly perSecond: number; readonly confirmMs?: Spread };
  /** Mean size of a message of an edge and of one of the cloud, JSON without websocket and TLS. */
  readonly bytesPerMessage: { readonly up: number; readonly down: number };
  /** Resident memory of the cloud daemon before, at its highest, and at the end; per edge at the end. */
  readonly cloudMemory?: {
    readonly beforeBytes: number;
    readonly peakBytes: number;
    readonly endBytes: number;
    readonly perEdgeBytes: number;
  };
  readonly outages: readonly Outage[];
}

export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

/** One digit after the point. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
