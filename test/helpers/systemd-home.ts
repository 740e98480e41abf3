import { unitName } from '../../src/setup/service.ts';
import { eventually } from './eventually.ts';
import { succeed } from './installation.ts';
import type { Role } from './installation.ts';
import type { Ran } from './kedge.ts';
import type { SystemdMachine } from './systemd-machine.ts';

interface Options {
  /** The user whose default home it is; root if not given. */
  readonly uid?: number;
  /** Added to each port, for a second home. */
  readonly ports?: number;
}

/** A home on a machine with systemd. */
export class SystemdHome {
  readonly path: string;
  readonly #machine: SystemdMachine;
  readonly #uid: number | undefined;
  readonly #ports: number;

  constructor(machine: SystemdMachine, path: string, { uid, ports = 0 }: Options = {}) {
    this.#machine = machine;
    this.path = path;
    this.#uid = uid;
    this.#ports = ports;
  }

  kedge(args: readonly string[], input?: string): Promise<Ran> {
    return this.#machine.kedge(this.path, args, {
      ...(input !== undefined && { input }),
      ...(this.#uid !== undefined && { uid: this.#uid }),
    });
  }

  /** The result of a command that must not fail, read from its JSON. */
  async json<T>(args: readonly string[], input?: string): Promise<T> {
    return JSON.parse((await succeed(this.kedge([...args, '-o', 'json'], input))).stdout) as T;
  }

  async init(): Promise<void> {
    const ports = [10_000, 10_002, 6443].map((port) => String(port + this.#ports));
    const [websocket = '', https = '', api = ''] = ports;
    const flags = ['--websocket-port', websocket, '--https-port', https, '--api-port', api];
    await succeed(this.kedge(['init', 'cloud', '--advertise-address', '127.0.0.1', ...flags]));
  }

  /** The node `edge-1` of the cloud in this home. */
  async join(): Promise<Ran> {
    const { token } = await this.json<{ token: string }>(['token', 'create']);
    const where = ['--cloud', `127.0.0.1:${10_002 + this.#ports}`, '--node-name', 'edge-1', '--runtime', 'none'];
    return succeed(this.kedge(['join', 'edge', ...where, '--token-file', '-'], token));
  }

  /** A property of a daemon's unit: systemctl(1), show. */
  async shown(role: Role, property: string): Promise<string> {
    const unit = this.#uid === undefined ? unitName(role, this.path) : `kedge-${role}.service`;
    return (await this.systemctl('show', '--value', `--property=${property}`, unit)).stdout.trim();
  }

  /** The manager that has this home's units is asked. */
  systemctl(...args: readonly string[]): Promise<Ran> {
    if (this.#uid === undefined) return succeed(this.#machine.run('systemctl', args));
    const words = [`XDG_RUNTIME_DIR=/run/user/${this.#uid}`, 'systemctl', '--user', ...args];
    return succeed(this.#machine.run('env', words, { uid: this.#uid }));
  }

  /** Sends a signal to a daemon. */
  async signal(role: Role, signal: string): Promise<void> {
    await succeed(this.#machine.run('kill', ['-s', signal, await this.shown(role, 'MainPID')]));
  }

  /** kill -9, and what systemd does then. */
  async killAndRestart(role: Role): Promise<void> {
    const before = await this.shown(role, 'MainPID');
    await this.signal(role, 'KILL');
    await eventually(async () => !['0', before].includes(await this.shown(role, 'MainPID')), 'another process', 60_000);
    await this.healthy();
  }

  async healthy(): Promise<void> {
    await eventually(async () => (await this.kedge(['status'])).status === 0, 'daemons that are healthy', 60_000);
  }

  async reset(role: Role): Promise<void> {
    await succeed(this.kedge(['reset', role, '--yes']));
  }
}
