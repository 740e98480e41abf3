import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { succeed } from './installation.ts';
import { run, temporaryFolder } from './kedge.ts';
import type { Ran } from './kedge.ts';

/** A Docker Engine of its own in a temporary folder, which touches no network of this machine. Only root can start one. */
export class Engine {
  readonly #socket: string;
  readonly #end: () => Promise<void>;

  private constructor(socket: string, end: () => Promise<void>) {
    this.#socket = socket;
    this.#end = end;
  }

  static async start(): Promise<Engine> {
    const { path, remove } = await temporaryFolder();
    const socket = join(path, 's');
    const folders = ['--data-root', join(path, 'data'), '--exec-root', join(path, 'exec'), '--pidfile', join(path, 'pid')];
    const args = ['-H', `unix://${socket}`, ...folders, '--bridge=none', '--iptables=false', '--ip6tables=false'];
    const daemon = spawn('dockerd', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    daemon.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)));
    const ended = new Promise<void>((resolve) => daemon.once('exit', () => resolve()));
    const end = async (): Promise<void> => {
      daemon.kill('SIGTERM');
      await ended;
      // What a container left mounted goes first.
      const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
      for (const mount of mounts.filter((at) => at.startsWith(`${path}/`)).reverse()) await run('umount', ['-l', mount]);
      await remove();
    };
    const engine = new Engine(socket, end);
    try {
      await eventually(
        async () => {
          if (daemon.exitCode !== null) throw new Error(said);
          return (await engine.run(['info'])).status === 0;
        },
        'dockerd answers',
        60_000,
      );
    } catch (error) {
      await end();
      throw error;
    }
    return engine;
  }

  run(args: readonly string[]): Promise<Ran> {
    return run('docker', ['-H', `unix://${this.#socket}`, ...args], { timeoutMs: 240_000 });
  }

  /** The output of a command that must not fail. */
  async docker(...args: string[]): Promise<string> {
    return (await succeed(this.run(args))).stdout;
  }

  stop(): Promise<void> {
    return this.#end();
  }
}
