import { randomInt } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run, temporaryFolder } from './kedge.ts';
import type { Ran } from './kedge.ts';

/** What is in the path of a machine with Node.js and no compiler. */
const COMMANDS = ['node', 'npm', 'npx', 'sh', 'env'];

/** Another user of this machine, without a name, with an empty home and nothing of this process's environment. Only root can make one. */
export class Stranger {
  /** Theirs alone. */
  readonly home: string;
  readonly uid: number;
  readonly #remove: () => Promise<void>;
  readonly #bin: string;

  private constructor(folder: Awaited<ReturnType<typeof temporaryFolder>>, uid: number) {
    this.home = join(folder.path, 'home');
    this.uid = uid;
    this.#bin = join(folder.path, 'bin');
    this.#remove = folder.remove;
  }

  static async create(): Promise<Stranger> {
    const folder = await temporaryFolder();
    const stranger = new Stranger(folder, randomInt(100_000, 2 ** 30));
    await chmod(folder.path, 0o755);
    await stranger.folder('.');
    await mkdir(stranger.#bin);
    for (const name of COMMANDS) await symlink(await inPath(name), join(stranger.#bin, name));
    return stranger;
  }

  /** A folder below their home, made if it is not there. */
  async folder(name: string): Promise<string> {
    const path = join(this.home, name);
    await mkdir(path, { recursive: true });
    await chown(path, this.uid, this.uid);
    return path;
  }

  /** `path`: folders to look in before the few commands that there are, which include no compiler. */
  run(
    command: string,
    args: readonly string[],
    { env = {}, path = [], ...options }: { cwd: string; env?: Record<string, string>; path?: readonly string[]; timeoutMs?: number },
  ): Promise<Ran> {
    const own = { HOME: this.home, TMPDIR: this.home, PATH: [...path, this.#bin].join(delimiter) };
    return run('env', [command, ...args], { ...options, env: { ...own, ...env }, bare: true, uid: this.uid });
  }

  /** Command lines of what runs as this user. */
  async processes(): Promise<string[]> {
    const found: string[] = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      if (!new RegExp(`^Uid:\\t${this.uid}\\t`, 'm').test(status) || /^State:\tZ/m.test(status)) continue;
      found.push((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '));
    }
    return found;
  }

  remove(): Promise<void> {
    return this.#remove();
  }
}

async function inPath(command: string): Promise<string> {
  if (command === 'node') return process.execPath;
  const { stdout } = await run('sh', ['-c', 'command -v "$0"', command]);
  return stdout.trim();
}
