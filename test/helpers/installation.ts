import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKubeClient } from '../../src/kube/http-client.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import { freePorts, kedge, temporaryFolder } from './kedge.ts';
import type { Ran } from './kedge.ts';

export type Role = 'cloud' | 'edge';

/** A cloud and the edge `edge-1` as real daemons in a temporary home on free ports, made with the built command. */
export class Installation {
  readonly home: string;
  readonly mqttUrl: string;
  readonly ports: { websocket: number; https: number; api: number; mqtt: number };
  readonly kube: KubeClient;
  readonly #removeHome: () => Promise<void>;

  private constructor(home: string, ports: Installation['ports'], kube: KubeClient, removeHome: () => Promise<void>) {
    this.home = home;
    this.ports = ports;
    this.mqttUrl = `mqtt://127.0.0.1:${ports.mqtt}`;
    this.kube = kube;
    this.#removeHome = removeHome;
  }

  /** `kubeconfig`: use that cluster in place of the embedded control plane. `home`: in this folder, which stays. */
  static async create(options: { kubeconfig?: string; join?: boolean; home?: string } = {}): Promise<Installation> {
    const { home } = options;
    const folder = home === undefined ? await temporaryFolder() : { path: home, remove: () => Promise.resolve() };
    const [websocket = 0, https = 0, api = 0, mqtt = 0] = await freePorts(4);
    const ports = { websocket, https, api, mqtt };
    try {
      const cluster = options.kubeconfig === undefined ? ['--api-port', String(api)] : ['--kubeconfig', options.kubeconfig];
      const hub = ['--advertise-address', '127.0.0.1', '--websocket-port', String(websocket), '--https-port', String(https)];
      await succeed(kedge(['init', 'cloud', '--no-service', ...hub, ...cluster], { home: folder.path }));
      const kubeconfig = options.kubeconfig ?? join(folder.path, 'cloud', 'admin.kubeconfig');
      const kube = createKubeClient(await loadCredentials(kubeconfig));
      const installation = new Installation(folder.path, ports, kube, folder.remove);
      if (options.join !== false) await installation.join('edge-1');
      return installation;
    } catch (error) {
      await kedge(['stop', 'cloud'], { home: folder.path });
      await folder.remove();
      throw error;
    }
  }

  /** `more`: further flags. */
  async join(nodeName: string, more: readonly string[] = []): Promise<void> {
    const { stdout } = await succeed(kedge(['token', 'create', '-o', 'json'], { home: this.home }));
    const { token } = JSON.parse(stdout) as { token: string };
    const where = ['--cloud', `127.0.0.1:${this.ports.https}`, '--mqtt-port', String(this.ports.mqtt)];
    const flags = ['--node-name', nodeName, '--runtime', 'none', '--no-service', '--token-file', '-', ...more];
    await succeed(kedge(['join', 'edge', ...where, ...flags], { home: this.home, input: token }));
  }

  /** Applies device models and devices. */
  async apply(manifest: string): Promise<void> {
    const documents = manifest.split(/^---$/m);
    for (const document of documents) {
      const command = document.includes('kind: DeviceModel') ? ['device', 'model', 'create'] : ['device', 'create'];
      await succeed(kedge([...command, '-f', '-'], { home: this.home, input: document }));
    }
  }

  async pid(role: Role): Promise<number> {
    return Number.parseInt(await readFile(join(this.home, role, 'daemon.pid'), 'utf8'), 10);
  }

  /** kill -9. */
  async kill(role: Role): Promise<void> {
    process.kill(await this.pid(role), 'SIGKILL');
  }

  async start(role: Role): Promise<void> {
    await succeed(kedge(['start', role], { home: this.home }));
  }

  async stop(role: Role): Promise<void> {
    await succeed(kedge(['stop', role], { home: this.home }));
  }

  /** Stops both daemons and removes the home. */
  async remove(): Promise<void> {
    this.kube.close();
    await kedge(['stop', 'edge'], { home: this.home });
    await kedge(['stop', 'cloud'], { home: this.home });
    await this.#removeHome();
  }
}

/** The result of a command that must not fail. */
export async function succeed(running: Promise<Ran>): Promise<Ran> {
  const ran = await running;
  if (ran.status !== 0) throw new Error(`exit status ${String(ran.status)}\n${ran.stderr}\n${ran.stdout}`);
  return ran;
}
