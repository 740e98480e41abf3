import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { defaultHome } from '../config/home.ts';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import { KUBEEDGE_DIR } from '../config/dmi-sockets.ts';
import { packageRoot } from '../kernel/package-root.ts';

/** Needs the system's manager; a user's manager may not set them up. */
const HARDENING = [
  'ProtectSystem=strict',
  'ProtectHome=read-only',
  'ReadWritePaths={{writable}}',
  'PrivateTmp={{privateTmp}}',
  'PrivateDevices=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  // Ports below 1024, and homes that belong to another user than root.
  'CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_DAC_OVERRIDE',
];

export interface ServiceOptions {
  readonly role: 'cloud' | 'edge';
  readonly home: string;
  /** The daemon's command line. */
  readonly command: readonly string[];
  /** Variables of the daemon's environment, values without spaces. */
  readonly environment: Readonly<Record<string, string>>;
  /** A unit of the user's own manager; by default for everyone but root. */
  readonly user?: boolean;
}

/** True where systemd is the machine's init, and, for everyone but root, where this user's own manager runs; sd_booted(3) looks at the same folder. */
export function systemdRuns(): boolean {
  if (!existsSync('/run/systemd/system')) return false;
  return process.getuid?.() === 0 || existsSync(join(runtimeDir(), 'systemd', 'private'));
}

/** The systemd unit of one daemon of one home. */
export class Service {
  readonly name: string;
  readonly path: string;
  readonly #options: ServiceOptions;
  readonly #user: boolean;

  constructor(options: ServiceOptions) {
    this.#options = { ...options, home: resolve(options.home) };
    this.#user = options.user ?? process.getuid?.() !== 0;
    this.name = unitName(options.role, this.#options.home);
    this.path = join(this.#user ? join(homedir(), '.config/systemd/user') : '/etc/systemd/system', this.name);
  }

  get installed(): boolean {
    return existsSync(this.path);
  }

  /** When systemd keeps it running, for people. Users' managers end with their last session, unless they linger: loginctl(1). */
  get promise(): string {
    if (!this.#user) return 'systemd restarts it, and starts it at boot';
    const { username } = userInfo();
    if (existsSync(join('/var/lib/systemd/linger', username))) return 'systemd restarts it, and starts it at boot';
    return `systemd restarts it while ${username} is logged in; at boot and after, too, once you run: sudo loginctl enable-linger ${username}`;
  }

  /** The unit file's text. @throws KedgeError INVALID_INPUT for a home that a unit cannot name */
  async render(): Promise<string> {
    const { role, home, command, environment } = this.#options;
    const template = await readFile(join(packageRoot(), 'templates', role, `kedge-${role}.service`), 'utf8');
    const values: Record<string, string> = {
      hardening: this.#user ? '' : HARDENING.join('\n'),
      home: quote(home),
      environment: Object.entries(environment)
        .map(([name, value]) => `Environment=${name}=${value}`)
        .join('\n'),
      // A home that is gone is for the daemon to tell, once. Mappers look for the edge in KubeEdge's folder.
      writable: role === 'edge' ? `${quote(`-${home}`)} -${KUBEEDGE_DIR}` : quote(`-${home}`),
      // Where a command stands, $ would be a variable.
      command: command.map((word) => quote(word).replaceAll('$', '$$$$')).join(' '),
      privateTmp: [home, ...command].some((path) => /^(\/var)?\/tmp\//.test(path)) ? 'no' : 'yes',
      target: this.#user ? 'default.target' : 'multi-user.target',
    };
    const fill = (text: string): string => text.replace(/\{\{(\w+)\}\}/g, (_, key: string) => fill(values[key] ?? ''));
    return fill(template);
  }

  /** Writes the unit and has it started at boot. @returns false when that is so already */
  async install(): Promise<boolean> {
    const text = await this.render();
    const present = this.installed ? await readFile(this.path, 'utf8') : undefined;
    if (present !== text) {
      await mkdir(dirname(this.path), { recursive: true });
      await writeFile(this.path, text, { mode: 0o644 });
      await this.#systemctl('daemon-reload');
    }
    // Again each time: the last try may have come no further than the file.
    await this.#systemctl('enable', this.name);
    return present !== text;
  }

  /** Starts it; has no effect when it runs. */
  async start(): Promise<void> {
    // A unit that failed too often would not start.
    await this.#systemctl('reset-failed', this.name).catch(() => '');
    await this.#systemctl('start', this.name);
  }

  /** Stops it, and the attempts to restart it. */
  async stop(): Promise<void> {
    await this.#systemctl('stop', this.name);
  }

  /** True once it has ended by itself since it was started, whether or not systemd tries again. */
  async ended(): Promise<boolean> {
    const shown = await this.#systemctl('show', '--property=ActiveState,NRestarts', this.name);
    return /^ActiveState=(failed|inactive)$|^NRestarts=[1-9]/m.test(shown);
  }

  /** Stops it and removes the unit. */
  async remove(): Promise<void> {
    if (!this.installed) return;
    if (systemdRuns()) await this.#systemctl('disable', '--now', this.name);
    await rm(this.path, { force: true });
    if (systemdRuns()) await this.#systemctl('daemon-reload');
  }

  async #systemctl(...args: readonly string[]): Promise<string> {
    const { execa } = await import('execa');
    try {
      const words = [...(this.#user ? ['--user'] : []), '--no-ask-password', ...args];
      const { stdout } = await execa('systemctl', words, { timeout: 60_000, env: { XDG_RUNTIME_DIR: runtimeDir() } });
      return stdout;
    } catch (error) {
      const hint = `systemctl ${this.#user ? '--user ' : ''}status ${this.name} tells more`;
      throw new KedgeError('UNREACHABLE', `systemctl ${args.join(' ')} failed: ${messageOf(error)}`, { hint, cause: error });
    }
  }
}

/** Where the user's manager listens: pam_systemd(8). */
function runtimeDir(): string {
  return process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.getuid?.() ?? 0}`;
}

/** The default home has the plain name; two homes never share one. */
export function unitName(role: string, home: string): string {
  if (home === defaultHome({})) return `kedge-${role}.service`;
  return `kedge-${role}-${createHash('sha256').update(home).digest('hex').slice(0, 12)}.service`;
}

/** One word of a unit file: systemd.syntax(7) and systemd.service(5). */
function quote(word: string): string {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(word)) throw new KedgeError('INVALID_INPUT', `${JSON.stringify(word)} cannot stand in a systemd unit`);
  const escaped = word.replaceAll('%', '%%');
  return /^[\w@%+=:,./$-]+$/.test(escaped) ? escaped : `"${escaped.replace(/["\\]/g, '\\$&')}"`;
}
