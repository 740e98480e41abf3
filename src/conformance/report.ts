import type { Difference } from './differences.ts';
import type { Side } from './wire.ts';

/**
 * `passed`: as recorded, masked values apart. `different`, `missing`, `unexpected`: not as recorded. `on purpose`: not as recorded, and
 * declared. `out of scope`: not compared, with the reason.
 */
export type Outcome = 'passed' | 'different' | 'missing' | 'unexpected' | 'on purpose' | 'out of scope';

/** About one thing that the side under test sent, or should have. */
export interface Verdict {
  /** Where it was recorded, such as `ws.jsonl:62`; of an unexpected one when it came, such as `after ws.jsonl:62`. */
  readonly at: string;
  /** The kind of exchange that it is part of. */
  readonly group: string;
  /** Such as `response default/node/edge1`. */
  readonly what: string;
  readonly outcome: Outcome;
  readonly differences?: readonly Difference[];
  readonly reason?: string;
}

export interface GroupCounts {
  readonly group: string;
  readonly passed: number;
  readonly different: number;
  readonly missing: number;
  readonly unexpected: number;
  readonly onPurpose: number;
  readonly outOfScope: number;
}

export interface Report {
  readonly side: Side;
  readonly version: string;
  readonly node: string;
  /** True when nothing is different, missing or unexpected. */
  readonly passes: boolean;
  readonly groups: readonly GroupCounts[];
  /** What did not pass, and each thing that was not compared. */
  readonly findings: readonly Verdict[];
}

const FAILURES: ReadonlySet<Outcome> = new Set(['different', 'missing', 'unexpected']);

export function isFailure({ outcome }: Verdict): boolean {
  return FAILURES.has(outcome);
}

/** Counts the verdicts by group, in the order in which the groups came. */
export function makeReport(about: { side: Side; version: string; node: string }, verdicts: readonly Verdict[]): Report {
  const groups = [...new Set(verdicts.map(({ group }) => group))].map((group) => countsOf(group, verdicts));
  return {
    ...about,
    passes: !verdicts.some(isFailure),
    groups,
    findings: verdicts.filter(({ outcome }) => outcome !== 'passed'),
  };
}

function countsOf(group: string, verdicts: readonly Verdict[]): GroupCounts {
  const own = verdicts.filter((verdict) => verdict.group === group);
  const count = (outcome: Outcome): number => own.filter((verdict) => verdict.outcome === outcome).length;
  return {
    group,
    passed: count('passed'),
    different: count('different'),
    missing: count('missing'),
    unexpected: count('unexpected'),
    onPurpose: count('on purpose'),
    outOfScope: count('out of scope'),
  };
}
