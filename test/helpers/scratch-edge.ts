import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { edgeConfig, loadEdgeConfig } from '../../src/config/edge-config.ts';
import { homePaths } from '../../src/config/home.ts';
import { saveConfig } from '../../src/config/load-config.ts';
import type { EdgeUnderTest } from '../../src/conformance/edge-player.ts';
import { createUi, quietUi } from '../../src/cli/ui.ts';
import { createEdge } from '../../src/daemons/edge.ts';
import { DaemonState, runDaemon } from '../../src/kernel/daemon.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { prepareEdge } from '../../src/setup/join-edge.ts';

/** An edge that the conformance kit may join to itself, start and stop: the whole daemon, in this process. */
export async function scratchEdge(): Promise<EdgeUnderTest & { remove(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'kedge-edge-'));
  const paths = homePaths(home).edge;
  const ui = quietUi(createUi({ 'no-color': true }));
  let stop = (): Promise<void> => Promise.resolve();
  return {
    join: async ({ nodeName, host, httpsPort, token }) => {
      const cloud = `${host}:${httpsPort}`;
      await prepareEdge({ home, nodeName, cloud, token: () => Promise.resolve(token), mqtt: { ports: [0] } }, ui);
      const config = loadEdgeConfig(paths.config);
      await saveConfig(paths.config, edgeConfig({ ...config, deviceTwin: { reportIntervalSeconds: 0 } }));
    },
    process: {
      start: async () => {
        const state = new DaemonState();
        const stopping = new AbortController();
        const modules = createEdge({ config: loadEdgeConfig(paths.config), paths, state, version: '0.0.0' });
        let ended: Promise<number> = Promise.resolve(0);
        await new Promise<void>((onReady, onFailure) => {
          ended = runDaemon(modules, { log: silentLogger, state, signal: stopping.signal, onReady });
          ended.catch(onFailure);
        });
        stop = async () => {
          stopping.abort(0);
          await ended;
        };
      },
      stop: () => stop(),
    },
    mqttUrl: () => `mqtt://127.0.0.1:${loadEdgeConfig(paths.config).eventBus.listen[0]?.port ?? 0}`,
    remove: async () => {
      await stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
