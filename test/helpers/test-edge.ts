import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminRequest } from '../../src/client/admin-client.ts';
import { edgeConfig } from '../../src/config/edge-config.ts';
import { homePaths } from '../../src/config/home.ts';
import type { EdgePaths } from '../../src/config/home.ts';
import { createEdge } from '../../src/daemons/edge.ts';
import { DaemonState, runDaemon } from '../../src/kernel/daemon.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import type { KeyPair } from '../../src/pki/key-pair.ts';
import type { StatusReport } from '../../src/protocol/admin.ts';

export interface EdgeDaemonOptions {
  readonly nodeName: string;
  readonly websocketPort: number;
  /** Where it renews its certificate; absent: nowhere. */
  readonly httpsPort?: number;
  /** PEM of the cloud's CA. */
  readonly ca: string;
  readonly pair: KeyPair;
  readonly edged?: Record<string, number>;
}

/** A whole edge daemon in this process, in a home of its own, its MQTT listener on a free port. */
export class EdgeDaemon {
  readonly paths: EdgePaths;
  readonly #options: EdgeDaemonOptions;
  readonly #home: string;
  #stop = new AbortController();
  #running: Promise<number> = Promise.resolve(0);

  private constructor(home: string, options: EdgeDaemonOptions) {
    this.#home = home;
    this.#options = options;
    this.paths = homePaths(home).edge;
  }

  static async start(options: EdgeDaemonOptions): Promise<EdgeDaemon> {
    const edge = new EdgeDaemon(await mkdtemp(join(tmpdir(), 'kedge-edge-')), options);
    const { pki, caCert, server } = edge.paths;
    await mkdir(pki, { recursive: true });
    await writeFile(caCert, options.ca);
    await writeFile(server.cert, options.pair.certPem);
    await writeFile(server.key, options.pair.keyPem, { mode: 0o600 });
    await edge.start();
    return edge;
  }

  async start(): Promise<void> {
    const { nodeName, websocketPort, httpsPort = 1, edged = {} } = this.#options;
    const config = edgeConfig({
      nodeName,
      edgeHub: { websocketServer: `127.0.0.1:${websocketPort}`, httpServer: `https://127.0.0.1:${httpsPort}` },
      edged,
      deviceTwin: { dmiSocket: this.paths.dmiSocket },
      eventBus: { listen: [{ address: '127.0.0.1', port: 0 }] },
    });
    const state = new DaemonState();
    this.#stop = new AbortController();
    const modules = createEdge({ config, paths: this.paths, state, version: '1.2.3' });
    await new Promise<void>((resolve, reject) => {
      this.#running = runDaemon(modules, { log: silentLogger, state, signal: this.#stop.signal, onReady: resolve });
      this.#running.catch(reject);
    });
  }

  /** Ends the daemon; its home stays. */
  async halt(): Promise<void> {
    this.#stop.abort(0);
    await this.#running;
  }

  async remove(): Promise<void> {
    await this.halt();
    await rm(this.#home, { recursive: true, force: true });
  }

  status(): Promise<StatusReport> {
    return adminRequest<StatusReport>(this.paths.socket, 'GET', '/status');
  }

  async factsOf(module: string): Promise<Readonly<Record<string, unknown>>> {
    return (await this.status()).modules.find(({ name }) => name === module)?.facts ?? {};
  }
}
