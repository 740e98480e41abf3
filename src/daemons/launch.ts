import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadCloudConfig } from '../config/cloud-config.ts';
import { loadEdgeConfig } from '../config/edge-config.ts';
import { defaultHome, homePaths } from '../config/home.ts';
import { DaemonState, runDaemon } from '../kernel/daemon.ts';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import { createLogger } from '../kernel/log.ts';
import type { Logger } from '../kernel/log.ts';
import { LogFile } from '../kernel/log-file.ts';
import type { Module } from '../kernel/module.ts';
import { packageRoot } from '../kernel/package-root.ts';
import { holdPidFile } from '../kernel/pid-file.ts';

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
  const destination = logFile ? new LogFile(paths.log) : process.stderr;
  let release = (): void => undefined;
  try {
    const { level } = (role === 'cloud' ? loadCloudConfig(paths.config) : loadEdgeConfig(paths.config)).log;
    const log = createLogger(destination, level);
    release = holdPidFile(paths.pid);
    const state = new DaemonState();
    const modules = await compose(role, home, { state, version: packageVersion() });
    log.info({ role, pid: process.pid }, 'the daemon starts');
    const ready = (): void => {
      log.info({ role }, 'the daemon is ready');
      onReady?.();
    };
    return await runDaemon(modules, { log, state, signal, onReady: ready });
  } catch (error) {
    logFailure(createLogger(destination), error);
    throw error;
  } finally {
    release();
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
  const signal = stopSignal();
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

/** Aborts on SIGTERM and SIGINT; the second one ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort(0);
    });
  }
  return controller.signal;
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
