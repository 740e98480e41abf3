import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ui } from '../cli/ui.ts';
import { edgeConfig, loadEdgeConfig } from '../config/edge-config.ts';
import { homePaths } from '../config/home.ts';
import type { EdgePaths } from '../config/home.ts';
import { saveConfig } from '../config/load-config.ts';
import { hostPort } from '../protocol/host-port.ts';
import { DaemonProcess } from './daemon-process.ts';
import { prepareEdge } from './join-edge.ts';

/** An edge of this package in a temporary home, as a process of its own: to be tried, and removed. */
export class ScratchEdge {
  readonly #home: string;
  readonly #paths: EdgePaths;
  #daemon: DaemonProcess;
  readonly #ui: Ui;
  /** Ends it and starts it again; the home stays. */
  readonly process = { start: () => this.#start(), stop: () => this.#daemon.stop() };

  private constructor(home: string, ui: Ui) {
    this.#home = home;
    this.#paths = homePaths(home).edge;
    this.#daemon = new DaemonProcess('edge', home);
    this.#ui = ui;
  }

  static async make(ui: Ui): Promise<ScratchEdge> {
    return new ScratchEdge(await mkdtemp(join(tmpdir(), 'kedge-conformance-')), ui);
  }

  /** Enrols it, without starting it. What devices report goes up at any time: a recording's reports come as fast as they can. */
  async join(cloud: { nodeName: string; host: string; httpsPort: number; token: string }): Promise<void> {
    const { nodeName, host, httpsPort, token } = cloud;
    const where = { home: this.#home, cloud: hostPort(host, httpsPort), nodeName };
    await prepareEdge({ ...where, token: () => Promise.resolve(token), mqtt: { ports: [0] } }, this.#ui);
    const config = loadEdgeConfig(this.#paths.config);
    await saveConfig(this.#paths.config, edgeConfig({ ...config, deviceTwin: { reportIntervalSeconds: 0 } }));
  }

  async #start(): Promise<void> {
    this.#daemon = new DaemonProcess('edge', this.#home);
    await this.#daemon.start();
    await this.#daemon.untilReady(() => undefined);
  }

  mqttUrl(): string {
    const [listener] = loadEdgeConfig(this.#paths.config).eventBus.listen;
    return `mqtt://${hostPort('127.0.0.1', listener?.port ?? 0)}`;
  }

  async remove(): Promise<void> {
    await this.#daemon.stop();
    await rm(this.#home, { recursive: true, force: true });
  }
}
