import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import type { Role } from './installation.ts';
import { plainEnvironment } from './kedge.ts';

const LOG_MS = 60_000;

const bin = (name: string): string => fileURLToPath(new URL(`../../bin/${name}`, import.meta.url));

/** A built daemon as a child of the test, which thereby sees its log (stderr) and its exit status. */
export class DaemonChild {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #text = '';

  /** `args` as for Node.js. */
  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, args, { env: plainEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#text += text));
    this.#child = child;
    this.#closed = once(child, 'close');
  }

  get text(): string {
    return this.#text;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until the log has this. */
  async said(what: string): Promise<this> {
    const ended = this.#closed.then(() => {
      if (!this.#text.includes(what)) throw new Error(`it ended without "${what}":\n${this.#text}`);
    });
    await Promise.race([ended, eventually(() => this.#text.includes(what), `"${what}" in the log`, LOG_MS)]);
    return this;
  }

  /** @returns the exit status, or the name of the signal that killed it */
  async ended(): Promise<number | NodeJS.Signals | null> {
    await this.#closed;
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  /** Ends it, whatever state it is in. */
  async remove(): Promise<void> {
    this.kill('SIGKILL');
    await this.ended();
  }
}

/** As systemd or `kedge start` runs it. */
export function daemonChild(role: Role, home: string): DaemonChild {
  return new DaemonChild([bin('daemon.js'), role, '--home', home]);
}

/** As a container runs it, in a home that is made already. */
export function foregroundChild(role: Role, home: string): DaemonChild {
  return new DaemonChild([bin('run.js'), ...(role === 'cloud' ? ['init', 'cloud'] : ['join', 'edge']), '--foreground', '--home', home]);
}
