import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './kedge.ts';

export interface MosquittoOptions {
  /** Certificates on both sides. */
  readonly tls?: boolean;
  /** Nobody without a password; what is listed may be read and written. */
  readonly users?: Readonly<Record<string, { password: string; acl: readonly string[] }>>;
}

/** A mosquitto as Debian has it, with `persistence true`, in a folder and on a port of its own. */
export class Mosquitto {
  readonly dir = mkdtempSync(join(tmpdir(), 'kedge-mosquitto-'));
  readonly #options: MosquittoOptions;
  #port = 0;
  #process: ChildProcess | undefined;

  constructor(options: MosquittoOptions = {}) {
    this.#options = options;
  }

  get url(): string {
    return `${this.#options.tls === true ? 'mqtts' : 'mqtt'}://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** What it logged. */
  get log(): string {
    return readFileSync(join(this.dir, 'log'), 'utf8');
  }

  file(name: 'ca.crt' | 'client.crt' | 'client.key'): string {
    return join(this.dir, name);
  }

  /** Chooses the port and writes the configuration, for a broker that is not there yet. */
  async prepare(): Promise<this> {
    if (this.#port === 0) [this.#port = 0] = await freePorts(1);
    const config = [`listener ${this.#port} 127.0.0.1`, 'persistence true', `persistence_location ${this.dir}/`, 'autosave_interval 1'];
    config.push('max_queued_messages 100000', `log_dest file ${join(this.dir, 'log')}`, 'log_type all', 'user root');
    config.push(...this.#tls(), ...this.#access());
    appendFileSync(join(this.dir, 'log'), '');
    writeFileSync(join(this.dir, 'mosquitto.conf'), config.join('\n') + '\n');
    return this;
  }

  async start(): Promise<this> {
    await this.prepare();
    this.#process = spawn('mosquitto', ['-c', join(this.dir, 'mosquitto.conf')], { stdio: 'ignore' });
    await eventually(() => reachable(this.#port), `mosquitto on port ${this.#port}`);
    return this;
  }

  /** Ends it as systemd would: it saves what it keeps. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }

  #tls(): string[] {
    if (this.#options.tls !== true) return [];
    const ca = createCa(PROFILES.kubernetesCa);
    const sans = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
    const server = issueKeyPair({ ca, profile: PROFILES.apiserver, sans });
    const client = issueKeyPair({ ca, profile: PROFILES.admin });
    writeFileSync(this.file('ca.crt'), ca.certPem);
    writeFileSync(join(this.dir, 'server.crt'), server.certPem);
    writeFileSync(join(this.dir, 'server.key'), server.keyPem);
    writeFileSync(this.file('client.crt'), client.certPem);
    writeFileSync(this.file('client.key'), client.keyPem);
    const files = ['cafile ca.crt', 'certfile server.crt', 'keyfile server.key'].map((line) => line.replace(' ', ` ${this.dir}/`));
    return [...files, 'require_certificate true'];
  }

  #access(): string[] {
    const { users } = this.#options;
    if (users === undefined) return ['allow_anonymous true'];
    const passwords = join(this.dir, 'passwords');
    const acl = Object.entries(users).flatMap(([name, user]) => [`user ${name}`, ...user.acl.map((topic) => `topic readwrite ${topic}`)]);
    writeFileSync(passwords, '');
    for (const [name, { password }] of Object.entries(users)) execFileSync('mosquitto_passwd', ['-b', passwords, name, password]);
    writeFileSync(join(this.dir, 'acl'), acl.join('\n') + '\n');
    return ['allow_anonymous false', `password_file ${passwords}`, `acl_file ${join(this.dir, 'acl')}`];
  }
}

function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
