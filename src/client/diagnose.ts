import { accessSync, constants, existsSync } from 'node:fs';
import { loadCloudConfig } from '../config/cloud-config.ts';
import { loadEdgeConfig } from '../config/edge-config.ts';
import type { DaemonPaths } from '../config/home.ts';
import { KedgeError, systemCode } from '../kernel/errors.ts';
import { problemOf } from '../kernel/recent-problems.ts';
import type { Problem } from '../kernel/recent-problems.ts';
import { pidFileHolder } from '../kernel/pid-file.ts';
import type { Side } from './answerer.ts';
import { recordsBackwards } from './log-tail.ts';

export type Silence = 'starting' | 'unreachable' | 'stopped' | 'incomplete';

/** Why a daemon does not answer, as far as its files tell. */
export interface Diagnosis {
  readonly health: Silence;
  /** Alive, though it does not answer. */
  readonly pid: number | null;
  readonly error: KedgeError;
}

/** Looks at what a daemon that does not answer has left. @param failure what the question at its socket ended with */
export function diagnose(role: Side, paths: DaemonPaths, failure: KedgeError): Diagnosis {
  if (isClosed(paths.dir, constants.R_OK | constants.X_OK) || isClosed(paths.config, constants.R_OK))
    return { health: 'unreachable', pid: null, error: closed(role, paths.dir) };
  const pid = pidFileHolder(paths.pid) ?? null;
  if (pid !== null) return { ...silent(role, paths, pid, failure), pid };
  if (!existsSync(paths.config)) return { health: 'incomplete', pid, error: incomplete(role, paths.dir) };
  return { health: 'stopped', pid, error: stopped(role, paths) };
}

/** The last warnings and errors in a daemon's log file, the newest last. */
export async function loggedProblems(log: string, count = 3): Promise<Problem[]> {
  const problems: Problem[] = [];
  let seen = 0;
  try {
    for await (const record of recordsBackwards(log)) {
      if (record.level === 'warn' || record.level === 'error') problems.unshift(problemOf(record));
      // What went wrong long before the last lines is no news.
      if (problems.length >= count || ++seen >= RECENT_LINES) break;
    }
  } catch {
    // That the log cannot be read is no reason to tell nothing.
  }
  return problems;
}

const RECENT_LINES = 200;

function silent(role: Side, { socket }: DaemonPaths, pid: number, failure: KedgeError): Omit<Diagnosis, 'pid'> {
  const hint = `kedge restart ${role}`;
  const process = `the ${role} (process ${pid})`;
  if (failure.code === 'TIMEOUT')
    return { health: 'unreachable', error: new KedgeError('TIMEOUT', `${process} does not answer: ${failure.message}`, { hint }) };
  const code = systemCode(failure.cause);
  if (code === 'ECONNREFUSED' || (code === 'ENOENT' && !existsSync(socket)))
    return {
      health: 'starting',
      error: new KedgeError(
        'UNREACHABLE',
        `${process} runs, but does not listen on ${socket}: it starts or ends, or the socket was removed`,
        {
          hint: `kedge status ${role} in a moment; if it stays so, ${hint}`,
        },
      ),
    };
  return { health: 'unreachable', error: new KedgeError('UNREACHABLE', `${process} does not answer: ${failure.message}`, { hint }) };
}

function stopped(role: Side, paths: DaemonPaths): KedgeError {
  const broken = configError(role, paths.config);
  if (broken !== undefined)
    return new KedgeError('UNREACHABLE', `the ${role} is not running and cannot start: ${broken.message}`, {
      hint: `${broken.hint ?? `correct ${paths.config}`}, then kedge start ${role}`,
    });
  if (existsSync(paths.pid))
    return new KedgeError('UNREACHABLE', `the ${role} has ended without being stopped, as in a crash or a power cut`, {
      hint: `kedge start ${role}; kedge logs ${role} tells what came before`,
    });
  return new KedgeError('UNREACHABLE', `the ${role} in ${paths.dir} is not running`, { hint: `kedge start ${role}` });
}

function incomplete(role: Side, dir: string): KedgeError {
  const again = role === 'cloud' ? 'kedge init cloud' : 'kedge join edge';
  return new KedgeError('NOT_INSTALLED', `${dir} has no configuration: ${again} did not come to its end`, {
    hint: `${again} goes on from there, kedge reset ${role} removes it`,
  });
}

function closed(role: Side, dir: string): KedgeError {
  return new KedgeError('PERMISSION', `the ${role} in ${dir} belongs to another user`, {
    hint: 'run it as that user, or name another --home',
  });
}

function configError(role: Side, path: string): KedgeError | undefined {
  try {
    if (role === 'cloud') loadCloudConfig(path);
    else loadEdgeConfig(path);
    return undefined;
  } catch (error) {
    return error instanceof KedgeError ? error : undefined;
  }
}

function isClosed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return false;
  } catch (error) {
    return systemCode(error) === 'EACCES';
  }
}
