import { existsSync } from 'node:fs';
import { homePaths } from '../config/home.ts';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { RECORD_LEVELS } from '../kernel/log-record.ts';
import type { LogRecord, RecordLevel } from '../kernel/log-record.ts';
import { notInstalled } from './admin-client.ts';
import type { Side } from './answerer.ts';
import { followLog } from './follow-log.ts';
import { recordsBackwards } from './log-tail.ts';

/** One line of the log of one of the daemons. */
export interface LogLine extends LogRecord {
  readonly role: Side;
}

export interface LogFilter {
  /** Not before, milliseconds since the epoch. */
  readonly since?: number;
  /** At most so many of what was logged before now. */
  readonly tail?: number;
  /** Not less urgent. */
  readonly level: RecordLevel;
}

/** The daemons of this home that have a log, or the named one. @throws KedgeError NOT_INSTALLED, PERMISSION */
export function loggingSides(home: string, side?: Side): Side[] {
  const paths = homePaths(home);
  const sides = (side === undefined ? (['cloud', 'edge'] as const) : [side]).filter((role) => existsSync(paths[role].dir));
  if (sides.length === 0) throw notInstalled(paths.home, side ?? 'cloud or edge');
  return sides;
}

/** What was logged, the oldest first, several daemons in the order of time. @throws KedgeError PERMISSION */
export async function readLogs(home: string, sides: readonly Side[], filter: LogFilter): Promise<LogLine[]> {
  const logs = await Promise.all(sides.map((role) => readLog(home, role, filter)));
  const lines = logs.length === 1 ? (logs[0] ?? []) : logs.flat().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return filter.tail === undefined ? lines : lines.slice(Math.max(0, lines.length - filter.tail));
}

/** Hands over what was logged and then what is logged, until the signal aborts; then it throws the signal's reason. */
export async function followLogs(
  home: string,
  sides: readonly Side[],
  filter: LogFilter,
  signal: AbortSignal,
  onLine: (line: LogLine) => void,
): Promise<void> {
  const paths = homePaths(home);
  // Following begins before what is there is read, so that nothing falls between the two; what both have seen is shown once.
  const early: LogLine[] = [];
  let take = (line: LogLine): void => void early.push(line);
  const follow = async (role: Side): Promise<void> => {
    for await (const record of followLog(paths[role].log, signal)) if (isUrgent(record, filter.level)) take({ role, ...record });
  };
  const following = Promise.all(sides.map(follow));
  following.catch(() => undefined);
  const before = await readLogs(home, sides, filter);
  const seen = new Set(before.map((line) => JSON.stringify(line)));
  for (const line of [...before, ...early.filter((one) => !seen.has(JSON.stringify(one)))]) onLine(line);
  take = onLine;
  await following;
}

async function readLog(home: string, role: Side, { since = 0, tail = Infinity, level }: LogFilter): Promise<LogLine[]> {
  const { log } = homePaths(home)[role];
  const lines: LogLine[] = [];
  try {
    for await (const record of recordsBackwards(log)) {
      if (lines.length >= tail || Date.parse(record.time) < since) break;
      if (isUrgent(record, level)) lines.push({ role, ...record });
    }
  } catch (error) {
    const code = systemCode(error) === 'EACCES' ? 'PERMISSION' : 'INVALID_INPUT';
    throw new KedgeError(code, `the log ${log} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return lines.reverse();
}

function isUrgent(record: LogRecord, level: RecordLevel): boolean {
  return RECORD_LEVELS.indexOf(record.level) >= RECORD_LEVELS.indexOf(level);
}
