import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ui } from '../cli/ui.ts';
import { loadCloudConfig } from '../config/cloud-config.ts';
import { homePaths } from '../config/home.ts';
import { createKubeClient } from '../kube/http-client.ts';
import type { KubeClient } from '../kube/client.ts';
import { loadCredentials } from '../kube/kubeconfig.ts';
import { DaemonProcess } from './daemon-process.ts';
import { initCloud } from './init-cloud.ts';

const HOST = '127.0.0.1';

/** A cloud of this package in a temporary home on free ports, as a process of its own: to be tried, and removed. */
export class ScratchCloud {
  readonly host = HOST;
  readonly httpsPort: number;
  readonly websocketPort: number;
  readonly kube: KubeClient;
  readonly token: string;
  readonly #home: string;
  #daemon: DaemonProcess;
  /** Ends it and starts it again; the home stays. */
  readonly process = { start: () => this.#start(), stop: () => this.#daemon.stop() };

  private constructor(home: string, { token, kube }: { token: string; kube: KubeClient }) {
    const { https, websocket } = loadCloudConfig(homePaths(home).cloud.config).cloudHub;
    this.httpsPort = https.port;
    this.websocketPort = websocket.port;
    this.token = token;
    this.kube = kube;
    this.#home = home;
    this.#daemon = new DaemonProcess('cloud', home);
  }

  /** `legacyEdges`: whether edges of KubeEdge 1.15 and older come in. @throws what `kedge init cloud` throws; then nothing is left */
  static async start(options: { readonly legacyEdges: boolean }, ui: Ui): Promise<ScratchCloud> {
    const home = await mkdtemp(join(tmpdir(), 'kedge-conformance-'));
    try {
      const ports = { websocketPort: 0, httpsPort: 0, apiPort: 0 };
      const { token, kubeconfig } = await initCloud({ home, advertiseAddress: [HOST], ...ports, ...options }, ui);
      return new ScratchCloud(home, { token, kube: createKubeClient(await loadCredentials(kubeconfig)) });
    } catch (error) {
      await new DaemonProcess('cloud', home).stop().catch(() => undefined);
      await rm(home, { recursive: true, force: true });
      throw error;
    }
  }

  async #start(): Promise<void> {
    this.#daemon = new DaemonProcess('cloud', this.#home);
    await this.#daemon.start();
    await this.#daemon.untilReady(() => undefined);
  }

  async remove(): Promise<void> {
    this.kube.close();
    await this.#daemon.stop();
    await rm(this.#home, { recursive: true, force: true });
  }
}
