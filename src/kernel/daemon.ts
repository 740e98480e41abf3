import { messageOf } from './errors.ts';
import type { Logger } from './log.ts';
import type { Module, ModuleStatus, Scope } from './module.ts';
import { RecentProblems } from './recent-problems.ts';

export interface ModuleReport extends Omit<ModuleStatus, 'state'> {
  readonly name: string;
  readonly state: 'waiting' | 'starting' | 'failed' | ModuleStatus['state'];
}

/** How far a daemon is; the admin socket, its first module, reads it. */
export class DaemonState {
  /** What was logged as going wrong. */
  readonly problems = new RecentProblems();
  readonly #modules: { module: Module; phase: 'waiting' | 'starting' | 'running' | 'failed'; error?: string }[];

  constructor(modules: readonly Module[] = []) {
    this.#modules = modules.map((module) => ({ module, phase: 'waiting' }));
  }

  /** True once every module has started. */
  get ready(): boolean {
    return this.#modules.length > 0 && this.#modules.every(({ phase }) => phase === 'running');
  }

  mark(index: number, phase: 'starting' | 'running' | 'failed', error?: string): void {
    const entry = this.#modules[index];
    if (entry === undefined) return;
    entry.phase = phase;
    if (error !== undefined) entry.error = error;
  }

  adopt(modules: readonly Module[]): void {
    this.#modules.splice(0, this.#modules.length, ...modules.map((module) => ({ module, phase: 'waiting' as const })));
  }

  report(): ModuleReport[] {
    return this.#modules.map(({ module, phase, error }) => {
      if (phase === 'running') return { name: module.name, ...(module.status?.() ?? { state: 'ok' as const }) };
      return error === undefined ? { name: module.name, state: phase } : { name: module.name, state: phase, detail: error };
    });
  }
}

export interface RunOptions {
  readonly log: Logger;
  /** Filled with the progress of the modules. */
  readonly state?: DaemonState;
  /** Called once all modules have started. */
  readonly onReady?: () => void;
  /** Milliseconds that all releases together may take. */
  readonly graceMs?: number;
  /** Stops the daemon when aborted; the reason becomes the exit status if it is a number. */
  readonly signal: AbortSignal;
}

/**
 * Starts the modules in order, waits for the signal, releases everything in reverse.
 * @returns the exit status: 0 after a plain stop, the number the signal was aborted with, or 1.
 * @throws what a module's `start` threw, after the releases have run.
 */
export async function runDaemon(modules: readonly Module[], options: RunOptions): Promise<number> {
  const { log, signal, state = new DaemonState(), graceMs = 10_000 } = options;
  state.adopt(modules);
  const releases: { name: string; release: () => void | Promise<void> }[] = [];
  try {
    for (const [index, module] of modules.entries()) {
      if (signal.aborted) break;
      state.mark(index, 'starting');
      await startModule(module, { signal, log: log.child({ module: module.name }) }, releases).catch((error: unknown) => {
        state.mark(index, 'failed', messageOf(error));
        if (!signal.aborted) throw error;
      });
      state.mark(index, 'running');
    }
    if (!signal.aborted) {
      options.onReady?.();
      await aborted(signal);
    }
  } finally {
    await releaseAll(releases, log, graceMs);
  }
  return typeof signal.reason === 'number' ? signal.reason : 0;
}

function startModule(
  module: Module,
  base: Pick<Scope, 'signal' | 'log'>,
  releases: { name: string; release: () => void | Promise<void> }[],
): Promise<void> {
  const defer = (release: () => void | Promise<void>): void => {
    releases.push({ name: module.name, release });
  };
  return module.start({ ...base, defer });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}

async function releaseAll(releases: { name: string; release: () => void | Promise<void> }[], log: Logger, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  for (const { name, release } of releases.reverse()) {
    const left = Math.max(50, deadline - performance.now());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`release took longer than ${left} ms`));
      }, left);
    });
    await Promise.race([Promise.resolve().then(release), late])
      .catch((error: unknown) => {
        log.error({ module: name, err: error }, 'release failed');
      })
      .finally(() => {
        clearTimeout(timer);
      });
  }
}
