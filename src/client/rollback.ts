import { KedgeError } from '../kernel/errors.ts';
import type { TwinHistoryEntry } from '../protocol/twin-history.ts';

/** How far back: so many changes, or to what was desired at a time (ms since the epoch). */
export type RollbackTarget = { readonly changes: number } | { readonly time: number };

/** A property that was desired otherwise. */
export interface RollbackRow {
  readonly property: string;
  /** Absent: nothing is desired of it now. */
  readonly now?: string;
  /** What it is to be. */
  readonly then: string;
}

/**
 * What was desired of a device before its last changes, or at a time. A change is all that the edge took from the cloud at once, and what is
 * desired `now` and has not come to the edge yet. What was not desired then stays as it is.
 * @param history as the edge keeps it, the oldest first; of one property, or of all
 * @throws KedgeError NOT_FOUND when the history does not go back so far
 */
export function planRollback(
  history: readonly TwinHistoryEntry[],
  now: ReadonlyMap<string, string>,
  target: RollbackTarget,
): RollbackRow[] {
  const desired = history.filter(({ side, source }) => side === 'desired' && source === 'cloud');
  const moments = [...new Set(desired.map(({ time }) => time))];
  const last = valuesOf(desired);
  const isAhead = [...now].some(([property, value]) => last.has(property) && last.get(property) !== value);
  const cut = 'time' in target ? new Date(target.time).toISOString() : moments.at(-1 - target.changes + Number(isAhead));
  const [first] = moments;
  if (first === undefined || cut === undefined || cut < first) {
    const reach = first === undefined ? 'it holds none' : `it goes back ${moments.length - 1 + Number(isAhead)} changes, to ${first}`;
    throw new KedgeError('NOT_FOUND', `the history of desired values does not go back so far: ${reach}`, {
      hint: 'kedge device history NAME shows it',
    });
  }
  return [...valuesOf(desired.filter(({ time }) => time <= cut))].flatMap(([property, then]) => {
    const value = now.get(property);
    return then === undefined || then === value ? [] : [{ property, ...(value !== undefined && { now: value }), then }];
  });
}

/** The last value of each property. */
function valuesOf(entries: readonly TwinHistoryEntry[]): Map<string, string | undefined> {
  return new Map(entries.map(({ property, value }) => [property, value]));
}
