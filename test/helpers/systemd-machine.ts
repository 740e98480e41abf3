import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { run, temporaryFolder } from './kedge.ts';
import type { Ran } from './kedge.ts';

const BOOT = fileURLToPath(new URL('systemd-boot.sh', import.meta.url));
const PROJECT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const HIERARCHIES = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified'];
/** Where the container has the project, for every user of it. */
const INSTALLED = '/opt/kedge';
/** Services of this machine that the container does not want. */
const MASKED = ['containerd.service', 'docker.service', 'docker.socket', 'mosquitto.service'];

/** True where a systemd can be booted: root, systemd, and both hierarchies of cgroups. */
export function canBootSystemd(): boolean {
  return process.getuid?.() === 0 && ['/lib/systemd/systemd', ...HIERARCHIES].every((path) => existsSync(path));
}

interface As {
  readonly input?: string;
  readonly uid?: number;
}

/** A container with a real systemd as PID 1, over an overlay of this machine's disk. */
export class SystemdMachine {
  readonly #folder: string;
  readonly #remove: () => Promise<void>;
  readonly #groups: string[];
  #unshare: ChildProcess | undefined;
  #pid = 0;

  private constructor(folder: string, remove: () => Promise<void>) {
    this.#folder = folder;
    this.#remove = remove;
    this.#groups = HIERARCHIES.map((path) => join(path, basename(folder)));
  }

  static async create(): Promise<SystemdMachine> {
    const folder = await temporaryFolder();
    const machine = new SystemdMachine(folder.path, folder.remove);
    const disk = join(folder.path, 'disk');
    for (const path of [disk, join(folder.path, 'root')]) mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', 'kedge-test', disk]);
    const units = join(disk, 'upper/etc/systemd/system');
    for (const path of [join(disk, 'work'), units]) mkdirSync(path, { recursive: true });
    for (const unit of MASKED) symlinkSync('/dev/null', join(units, unit));
    await machine.boot();
    return machine;
  }

  /** Starts systemd on the disk as it was left, and waits until it is up. */
  async boot(): Promise<void> {
    for (const group of this.#groups) mkdirSync(group, { recursive: true });
    // The shell enters the cgroups, so that the test itself stays where it is.
    const enter = 'for group in "$3/cgroup.procs" "$4/cgroup.procs"; do echo $$ > "$group"; done';
    const namespaces = '--pid --fork --kill-child --mount --uts --cgroup --ipc --net';
    const script = `${enter}; exec unshare ${namespaces} "$0" "$1" "$2" "$5"`;
    const words = ['-c', script, BOOT, this.#folder, PROJECT, ...this.#groups, INSTALLED];
    this.#unshare = spawn('bash', words, { stdio: 'ignore' });
    const parent = this.#unshare.pid ?? 0;
    this.#pid = await eventually(() => systemdBelow(parent), 'systemd as PID 1', 30_000);
    await eventually(
      async () => /^(running|degraded)/.test((await this.run('systemctl', ['is-system-running'])).stdout),
      'a system that is up',
      60_000,
    );
  }

  /** As a power cut. */
  async cut(): Promise<void> {
    if (this.#unshare?.exitCode !== null || this.#unshare.signalCode !== null) return;
    const ended = once(this.#unshare, 'exit');
    process.kill(this.#pid === 0 ? (this.#unshare.pid ?? 0) : this.#pid, 'SIGKILL');
    await ended;
  }

  /** Runs a command as root, or as another user. */
  run(command: string, args: readonly string[], { input, uid = 0 }: As = {}): Promise<Ran> {
    const user = [`--setuid=${uid}`, `--setgid=${uid}`];
    const words = ['-t', String(this.#pid), '--all', '--root', '--wd', ...user, command, ...args];
    return run('nsenter', words, { bare: true, env: { PATH: process.env['PATH'] ?? '' }, ...(input !== undefined && { input }) });
  }

  kedge(home: string, args: readonly string[], as?: As): Promise<Ran> {
    return this.run(process.execPath, [join(INSTALLED, 'bin/run.js'), ...args, '--home', home], as);
  }

  async remove(): Promise<void> {
    await this.cut();
    for (const group of this.#groups) await eventually(() => removeGroup(group), `${group} is removed`);
    execFileSync('umount', ['--lazy', join(this.#folder, 'disk')]);
    await this.#remove();
  }
}

function systemdBelow(parent: number): number | undefined {
  const child = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ')[0] ?? '';
  if (child === '' || readFileSync(`/proc/${child}/comm`, 'utf8') !== 'systemd\n') return undefined;
  return Number(child);
}

/** Folders of cgroups go one by one, the deepest first. */
function removeGroup(group: string): boolean {
  const folders = execFileSync('find', [group, '-depth', '-type', 'd'], { encoding: 'utf8' }).trim().split('\n');
  for (const folder of folders) rmdirSync(folder);
  return true;
}
