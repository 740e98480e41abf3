import { closeSync, openSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { adminRequest } from '../client/admin-client.ts';
import type { DaemonPaths } from '../config/home.ts';
import { homePaths } from '../config/home.ts';
import { ERROR_TABLE, KedgeError, systemCode } from '../kernel/errors.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import { packageRoot } from '../kernel/package-root.ts';
import { pidFileHolder } from '../kernel/pid-file.ts';
import type { StatusReport } from '../protocol/admin.ts';
import { Service, systemdRuns } from './service.ts';

export type Role = 'cloud' | 'edge';

const POLL_MS = 50;
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const LOG_TAIL_BYTES = 64 * 1024;
/** The edge trades a little speed for memory. */
export const NODE_FLAGS: Record<Role, readonly string[]> = { cloud: [], edge: ['--max-semi-space-size=1'] };
/**
 * For each TLS connection Node.js keeps buffers of 64 and 16 KiB and uses the first few of them. Where glibc puts them on memory that was in
 * use before, all of it stays resident; as mappings of their own (mallopt(3)) they cost what they use. Other C libraries do not heed it.
 */
export const DAEMON_ENVIRONMENT: Record<Role, Readonly<Record<string, string>>> = {
  cloud: { MALLOC_MMAP_THRESHOLD_: '16384', MALLOC_TOP_PAD_: '0' },
  edge: {},
};

/** The daemon of one role in one home, as a process. */
export class DaemonProcess {
  readonly role: Role;
  readonly home: string;
  readonly paths: DaemonPaths;
  #started = false;
  #ended = false;
  #logOffset = 0;
  readonly #service: Service;

  constructor(role: Role, home: string) {
    const paths = homePaths(home);
    this.role = role;
    this.home = paths.home;
    this.paths = paths[role];
    this.#service = new Service({
      role,
      home: this.home,
      command: [process.execPath, ...this.#args],
      environment: DAEMON_ENVIRONMENT[role],
    });
  }

  /** The running daemon's process. */
  get pid(): number | undefined {
    return pidFileHolder(this.paths.pid);
  }

  /** @throws KedgeError UNREACHABLE when it does not answer */
  status(): Promise<StatusReport> {
    return adminRequest<StatusReport>(this.paths.socket, 'GET', '/status');
  }

  /** Its systemd unit, if it has one and systemd runs here. */
  get service(): Service | undefined {
    return systemdRuns() && this.#service.installed ? this.#service : undefined;
  }

  /** Whether it has a systemd unit, be it that systemd runs or not. */
  get hasService(): boolean {
    return this.#service.installed;
  }

  /** Makes the systemd unit, where systemd runs and it is wanted, or removes it. @returns true when that changed something */
  async arrangeService(wanted: boolean): Promise<boolean> {
    if (wanted) return systemdRuns() && this.#service.install();
    return this.removeService();
  }

  /** Stops the systemd unit and removes it. @returns false when there is none */
  async removeService(): Promise<boolean> {
    if (!this.#service.installed) return false;
    await this.#service.remove();
    return true;
  }

  get #args(): string[] {
    return [...NODE_FLAGS[this.role], ...daemonScript(), this.role, '--home', this.home, '--log-file'];
  }

  /** Starts it, as its systemd unit or as one detached process of its own, which writes to the home's log either way. */
  async start(): Promise<void> {
    if (this.service === undefined) return this.#spawn();
    this.#logOffset = statSync(this.paths.log, { throwIfNoEntry: false })?.size ?? 0;
    await this.#service.start();
    [this.#started, this.#ended] = [true, false];
  }

  async #spawn(): Promise<void> {
    const log = openSync(this.paths.log, 'a', 0o600);
    this.#logOffset = statSync(this.paths.log).size;
    try {
      const { execa } = await import('execa');
      // execa's types know the numbers of small descriptors only.
      const output = log as 3;
      const options = { detached: true, cleanup: false, reject: false, stdin: 'ignore', stdout: output, stderr: output } as const;
      const env = { ...DAEMON_ENVIRONMENT[this.role], ...process.env };
      const child = execa(process.execPath, this.#args, { cwd: '/', env, ...options });
      this.#started = true;
      this.#ended = false;
      void child.then(() => (this.#ended = true));
      child.unref();
    } finally {
      closeSync(log);
    }
  }

  /**
   * Waits until the daemon says it is ready and `missing` has nothing to add; `missing` returns what is still awaited. Starts it
   * when the process that ran before was just ending.
   * @throws KedgeError what the daemon failed with, or TIMEOUT naming what was awaited last
   */
  async untilReady(
    progress: (detail: string) => void,
    missing: (status: StatusReport) => string | undefined = () => undefined,
  ): Promise<void> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    let last = '';
    for (;;) {
      const awaited = await this.#awaited(missing);
      if (awaited === undefined) return;
      if (this.#ended || (await this.#unitEnded())) await this.#adoptOrFail();
      // The process that was found running was on its way out.
      if (!this.#started && this.pid === undefined) await this.start();
      if (awaited !== last) progress((last = awaited));
      if (performance.now() > deadline) {
        throw new KedgeError('TIMEOUT', `the ${this.role} was not ready after ${READY_TIMEOUT_MS / 1000} s: ${last}`, {
          hint: `its log is ${this.paths.log}; running the same command again goes on from here`,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Ends the daemon in order. @returns the process that was stopped; undefined when none ran. @throws KedgeError TIMEOUT, PERMISSION */
  async stop(): Promise<number | undefined> {
    // A daemon whose pid file was removed still answers for the moment that it takes to end.
    const pid = this.pid ?? (await this.status().catch(() => undefined))?.pid;
    // Without it systemd would start the daemon again.
    if (this.service !== undefined) await this.#service.stop();
    if (pid === undefined) return undefined;
    if (this.service !== undefined && this.pid !== pid) return pid;
    // One that is suspended would not see the first alone.
    for (const signal of ['SIGTERM', 'SIGCONT'] as const) this.#signal(pid, signal);
    const deadline = performance.now() + STOP_TIMEOUT_MS;
    while (this.pid === pid) {
      if (performance.now() > deadline) {
        throw new KedgeError('TIMEOUT', `the ${this.role} (process ${pid}) did not end within ${STOP_TIMEOUT_MS / 1000} s`, {
          hint: `kill -9 ${pid} ends it; nothing that was acknowledged is lost`,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return pid;
  }

  #signal(pid: number, signal: NodeJS.Signals): void {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // It has ended meanwhile.
      if (systemCode(error) === 'ESRCH') return;
      throw new KedgeError('PERMISSION', `the ${this.role} (process ${pid}) belongs to another user`, { cause: error });
    }
  }

  async #unitEnded(): Promise<boolean> {
    return this.#started && this.service !== undefined && this.pid === undefined && this.#service.ended();
  }

  async #awaited(missing: (status: StatusReport) => string | undefined): Promise<string | undefined> {
    const status = await this.status().catch(() => undefined);
    if (status === undefined) return 'the process starts';
    if (status.ready) return missing(status);
    const module = status.modules.find(({ state }) => state === 'starting');
    return module === undefined ? 'the modules start' : `${module.name} starts`;
  }

  /** Another command, even one that was killed meanwhile, may have started the daemon of this home a moment before this one. */
  async #adoptOrFail(): Promise<void> {
    const failure = await this.#failure();
    if (failure.code !== 'CONFLICT' || this.pid === undefined) throw failure;
    [this.#started, this.#ended] = [false, false];
  }

  /** What the daemon wrote before it ended. */
  async #failure(): Promise<KedgeError> {
    const lines = (await this.#newLogText()).trim().split('\n');
    for (const line of lines.reverse()) {
      const { code, msg, hint } = parseLine(line);
      if (typeof code === 'string' && Object.hasOwn(ERROR_TABLE, code)) {
        return new KedgeError(code as ErrorCode, `the ${this.role} could not start: ${String(msg)}`, {
          hint: typeof hint === 'string' ? hint : `its log is ${this.paths.log}`,
        });
      }
    }
    return new KedgeError('BUG', `the ${this.role} ended as it started: ${lines[0] ?? ''}`, { hint: `its log is ${this.paths.log}` });
  }

  async #newLogText(): Promise<string> {
    const file = await open(this.paths.log);
    try {
      const { size } = await file.stat();
      const start = Math.max(size < this.#logOffset ? 0 : this.#logOffset, size - LOG_TAIL_BYTES);
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - start), position: start });
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }
}

function parseLine(line: string): { code?: unknown; msg?: unknown; hint?: unknown } {
  try {
    return JSON.parse(line) as { code?: unknown; msg?: unknown; hint?: unknown };
  } catch {
    return {};
  }
}

/** The built daemon; from the sources, the sources. */
function daemonScript(): string[] {
  const root = packageRoot();
  if (!/\.ts(\?|$)/.test(import.meta.url)) return [join(root, 'bin', 'daemon.js')];
  const tsx = createRequire(join(root, 'package.json')).resolve('tsx');
  return ['--import', pathToFileURL(tsx).href, join(root, 'bin', 'daemon-dev.js')];
}
