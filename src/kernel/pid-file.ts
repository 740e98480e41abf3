import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { KedgeError, systemCode } from './errors.ts';

/** A process, told apart from a later one with the same number by the time at which it began. */
interface Holder {
  readonly pid: number;
  readonly startedAt: string;
}

/**
 * Takes `path` for this process; whoever holds it is the only daemon of its home. A file that a dead process left behind does not count.
 * @returns the release
 * @throws KedgeError CONFLICT when a living process holds it
 */
export function holdPidFile(path: string): () => void {
  const own = `${path}.${randomBytes(6).toString('hex')}`;
  const content = format({ pid: process.pid, startedAt: startTime(process.pid) ?? '' });
  writeFileSync(own, content, { mode: 0o600 });
  try {
    if (!tryLink(own, path)) {
      setAsideStale(path);
      if (!tryLink(own, path)) throw running(path);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return () => {
    if (readText(path) === content) rmSync(path, { force: true });
  };
}

/** The living process that holds `path`. */
export function pidFileHolder(path: string): number | undefined {
  const holder = parse(readText(path));
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

/** An event too few is no harm, nor is a machine that has no watches left (inotify(7)): the daemon runs on. */
function tryWatch(path: string, onEvent: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, onEvent).on('error', () => undefined);
  } catch {
    return undefined;
  }
}

/** How long another process may take to look whether ours is alive: it sets the file aside and gives it back. */
const SET_ASIDE_MS = 500;

/**
 * Tells when `path`, which this process holds, was removed or replaced.
 * @returns the release, to be called before that of the file
 */
export function watchPidFile(path: string, onGone: () => void): () => void {
  const content = readText(path);
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (readText(path) !== content) onGone();
    }, SET_ASIDE_MS).unref();
  };
  const watcher = tryWatch(path, look);
  return () => {
    clearTimeout(timer);
    watcher?.close();
  };
}

function setAsideStale(path: string): void {
  if (pidFileHolder(path) !== undefined) throw running(path);
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  // Between the look and the rename another process may have done the same and won: give it back.
  if (pidFileHolder(aside) !== undefined) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function running(path: string): KedgeError {
  return new KedgeError('CONFLICT', `a daemon is running already (process ${pidFileHolder(path) ?? 'unknown'} holds ${path})`);
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function format({ pid, startedAt }: Holder): string {
  return `${pid} ${startedAt}\n`;
}

function parse(text: string | undefined): Holder | undefined {
  const match = /^(\d+) (\d*)\n$/.exec(text ?? '');
  return match === null ? undefined : { pid: Number(match[1]), startedAt: match[2] ?? '' };
}

function isAlive({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }
  const fields = statOf(pid);
  if (fields === undefined) return true;
  // A zombie has ended when its last thread has; where nobody reaps orphans, as in many containers, it stays for ever.
  const ended = fields[STATE] === 'Z' && Number(fields[THREADS]) <= 1;
  return !ended && (startedAt === '' || fields[START_TIME] === startedAt);
}

function startTime(pid: number): string | undefined {
  return statOf(pid)?.[START_TIME];
}

const STATE = 0;
const THREADS = 17;
const START_TIME = 19;

/** The fields of proc(5)'s stat after the name, which stands in parentheses and may hold spaces; undefined where there is no /proc. */
function statOf(pid: number): string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
