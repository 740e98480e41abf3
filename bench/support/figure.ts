import { availableParallelism, loadavg } from 'node:os';

/** What was measured of one program, all in the figure's unit. */
export interface Sample {
  readonly n: number;
  readonly median: number;
  readonly p95: number;
  readonly min: number;
  readonly max: number;
}

export interface Peer extends Sample {
  readonly name: string;
}

/** `atMost` and `atLeast` bound kedge's median, `ratioAtMost` and `ratioAtLeast` its median divided by the first peer's. */
export type Goal =
  { readonly atMost: number } | { readonly atLeast: number } | { readonly ratioAtMost: number } | { readonly ratioAtLeast: number };

export interface Measured {
  readonly kedge: Sample;
  /** The first one is what kedge is compared with. */
  readonly peers?: readonly Peer[];
  /** Peers that this machine does not have. */
  readonly missing?: readonly string[];
  /** Further figures of the same run, and further limits: what is false here is a goal that was missed. */
  readonly more?: Readonly<Record<string, number>>;
  readonly alsoMet?: boolean;
}

export interface Bench {
  /** One sentence: from when to when, or of what. */
  readonly figure: string;
  readonly unit: string;
  readonly goal: Goal;
  /** `quick`: as few repetitions as show that it works. */
  readonly run: (quick: boolean) => Promise<Measured>;
}

export interface Figure extends Measured {
  readonly name: string;
  readonly figure: string;
  readonly unit: string;
  readonly goal: Goal;
  /** kedge's median divided by the first peer's. */
  readonly ratio?: number;
  /** Undefined when there was nothing to compare with. */
  readonly met: boolean | undefined;
  readonly machine: { readonly cores: number; readonly load: number; readonly node: string };
}

export async function measure(name: string, { figure, unit, goal, run }: Bench, quick: boolean): Promise<Figure> {
  const measured = await run(quick);
  const [peer] = measured.peers ?? [];
  const ratio = peer === undefined ? undefined : round(measured.kedge.median / peer.median);
  const machine = { cores: availableParallelism(), load: round(loadavg()[0] ?? 0), node: process.version };
  const met = isMet(goal, measured, ratio);
  return { name, figure, unit, ...measured, ...(ratio !== undefined && { ratio }), goal, met, machine };
}

export function sample(values: readonly number[]): Sample {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN);
  return { n: values.length, median: at(0.5), p95: at(0.95), min: at(0), max: at(1) };
}

function isMet(goal: Goal, { kedge, alsoMet = true }: Measured, ratio: number | undefined): boolean | undefined {
  if (!alsoMet) return false;
  if ('ratioAtMost' in goal) return ratio === undefined ? undefined : ratio <= goal.ratioAtMost;
  if ('ratioAtLeast' in goal) return ratio === undefined ? undefined : ratio >= goal.ratioAtLeast;
  return 'atMost' in goal ? kedge.median <= goal.atMost : kedge.median >= goal.atLeast;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
