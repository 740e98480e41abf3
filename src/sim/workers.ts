import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { KedgeError } from '../kernel/errors.ts';
import { packageRoot } from '../kernel/package-root.ts';
import type { FleetOptions } from './fleet.ts';
import { NO_TRAFFIC, addTraffic } from './traffic.ts';
import type { TrafficCount } from './traffic.ts';
import type { FromWorker } from './worker.ts';

/** The processes that are the edges. */
export class Workers {
  readonly #children: ChildProcess[] = [];
  readonly #counts: TrafficCount[] = [];
  #failure: KedgeError | undefined;

  /** Starts a process for each of the options. */
  start(fleets: readonly FleetOptions[]): void {
    for (const [index, options] of fleets.entries()) {
      const { script, execArgv } = workerScript();
      const child = fork(script, [], { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      this.#children.push(child);
      this.#counts.push(NO_TRAFFIC);
      child.on('message', (message: FromWorker) => {
        this.#hear(index, message);
      });
      child.on('exit', (code, signal) => {
        if (code !== 0) this.#failure ??= new KedgeError('BUG', `a process of the simulation ended with ${signal ?? String(code)}`);
      });
      child.send({ start: options });
    }
  }

  /**
   * What all edges have seen by now; the times are those since the last call.
   * @throws KedgeError when one of the processes has failed
   */
  take(): TrafficCount {
    if (this.#failure !== undefined) throw this.#failure;
    const sum = addTraffic(this.#counts);
    for (const [index, count] of this.#counts.entries()) this.#counts[index] = { ...count, confirmMs: [] };
    return sum;
  }

  /** Resolves once all processes have ended. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#children.splice(0).map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.send('stop');
        await ended;
      }),
    );
  }

  #hear(index: number, message: FromWorker): void {
    if ('failed' in message) {
      this.#failure ??= new KedgeError('UNREACHABLE', message.failed);
      return;
    }
    const before = this.#counts[index]?.confirmMs ?? [];
    this.#counts[index] = { ...message.count, confirmMs: [...before, ...message.count.confirmMs] };
  }
}

function workerScript(): { script: string; execArgv: string[] } {
  const root = packageRoot();
  if (!/\.ts(\?|$)/.test(import.meta.url)) return { script: join(root, 'dist', 'sim', 'worker.js'), execArgv: [] };
  const tsx = createRequire(join(root, 'package.json')).resolve('tsx');
  return { script: fileURLToPath(new URL('worker.ts', import.meta.url)), execArgv: ['--import', pathToFileURL(tsx).href] };
}
