import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { DestinationStream } from 'pino';
import { loadCloudConfig } from '../config/cloud-config.ts';
import { loadEdgeConfig } from '../config/edge-config.ts';
import { defaultHome, homePaths } from '../config/home.ts';
import { DaemonState, runDaemon } from '../kernel/daemon.ts';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import { createLogger } from '../kernel/log.ts';
import type { Logger } from '../kernel/log.ts';
import { LogFile } from '../kernel/log-file.ts';
import type { LogFileOptions } from '../kernel/log-file.ts';
import type { Module } from '../kernel/module.ts';
import { packageRoot } from '../kernel/package-root.ts';
import { holdPidFile, watchPidFile } from '../kernel/pid-file.ts';
import { stopSignal } from '../kernel/stop-signal.ts';

export type Role = 'cloud' | 'edge';

export interface LaunchOptions {
  readonly role: Role;
  readonly home: string;
  /** Stops the daemon when aborted. */
  readonly signal: AbortSignal;
  /** Log to the home's log file, which rotates, instead of stderr. */
  readonly logFile?: boolean;
  readonly onReady?: () => void;
}

/**
 * Runs one daemon in this process until the signal aborts.
 * @returns the exit status
 * @throws KedgeError CONFLICT when the home's daemon runs already, INVALID_CONFIG, and what its modules throw as they start
 */
export async function launch({ role, home, signal, logFile = false, onReady }: LaunchOptions): Promise<number> {
  // Whatever a daemon writes is its owner's alone.
  process.umask(0o077);
  const paths = homePaths(home)[role];
  const open = (limits?: LogFileOptions): DestinationStream => (logFile ? openLogFile(paths.log, limits) : process.stderr);
  const releases: (() => void)[] = [];
  try {
    const limits = (role === 'cloud' ? loadCloudConfig(paths.config) : loadEdgeConfig(paths.config)).log;
    const state = new DaemonState();
    const log = createLogger(state.problems.listenTo(open(limits)), limits.level);
    releases.push(logLastWords(log), holdPidFile(paths.pid));
    const gone = new AbortController();
    releases.push(
      watchPidFile(paths.pid, () => {
        log.error({ role }, `${paths.pid} was removed: the home is gone or another daemon has it; this one ends`);
        gone.abort(1);
      }),
    );
    const modules = await compose(role, home, { state, version: packageVersion() });
    log.info({ role, pid: process.pid }, 'the daemon starts');
    const ready = (): void => {
      log.info({ role }, 'the daemon is ready');
      onReady?.();
    };
    const stop = AbortSignal.any([signal, gone.signal]);
    stop.addEventListener('abort', () => log.info({ role }, 'the daemon stops'), { once: true });
    return await runDaemon(modules, { log, state, signal: stop, onReady: ready });
  } catch (error) {
    logFailure(createLogger(open()), error);
    throw error;
  } finally {
    for (const release of releases.reverse()) release();
  }
}

/** `daemon.js cloud|edge --home DIR [--log-file]`: one daemon as one process. */
export async function main(argv: string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { home: { type: 'string', default: defaultHome() }, 'log-file': { type: 'boolean', default: false } },
  });
  const [role] = positionals;
  if (role !== 'cloud' && role !== 'edge') {
    process.stderr.write('usage: daemon.js cloud|edge [--home DIR] [--log-file]\n');
    process.exitCode = 2;
    return;
  }
  const signal = stopSignal(['SIGTERM', 'SIGINT'], () => 0);
  // That a terminal closes is nothing to a daemon.
  process.on('SIGHUP', () => undefined);
  try {
    process.exitCode = await launch({ role, home: values.home, signal, logFile: values['log-file'] });
  } catch (error) {
    process.exitCode = error instanceof KedgeError ? error.exitStatus : 1;
  }
  // Nothing that a library left open may keep a stopped daemon alive.
  process.exit();
}

async function compose(role: Role, home: string, context: { state: DaemonState; version: string }): Promise<Module[]> {
  const paths = homePaths(home);
  if (role === 'cloud') {
    const { createCloud } = await import('./cloud.ts');
    return createCloud({ ...context, config: loadCloudConfig(paths.cloud.config), paths: paths.cloud });
  }
  const { createEdge } = await import('./edge.ts');
  return createEdge({ ...context, config: loadEdgeConfig(paths.edge.config), paths: paths.edge });
}

/** A log that cannot be opened must not hide why the daemon cannot start. */
function openLogFile(path: string, limits: LogFileOptions | undefined): DestinationStream {
  try {
    return new LogFile(path, limits);
  } catch {
    return process.stderr;
  }
}

/** Puts what would be printed as a process dies, and Node's warnings, into the log. @returns the way back */
function logLastWords(log: Logger): () => void {
  const die = (error: unknown): void => {
    log.error({ code: 'BUG', err: error }, `nobody handled an error: ${messageOf(error)}`);
    process.exit(1);
  };
  const warn = (warning: Error): void => {
    log.warn({ err: warning }, 'a warning of Node.js');
  };
  process.prependListener('uncaughtException', die);
  process.prependListener('unhandledRejection', die);
  process.on('warning', warn);
  return () => {
    process.off('uncaughtException', die);
    process.off('unhandledRejection', die);
    process.off('warning', warn);
  };
}

/** The last line of a failed start; `kedge init` and `kedge join` find it by its `code`. */
function logFailure(log: Logger, error: unknown): void {
  const code = error instanceof KedgeError ? error.code : 'BUG';
  const hint = error instanceof KedgeError ? error.hint : undefined;
  log.error({ code, hint, err: code === 'BUG' ? error : undefined }, messageOf(error));
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}
