import { cloudConfig } from '../../../src/config/cloud-config.ts';
import { createCloudCore } from '../../../src/daemons/cloud-core.ts';
import type { CloudHub } from '../../../src/daemons/cloud/cloudhub/cloud-hub.ts';
import type { SyncController } from '../../../src/daemons/cloud/synccontroller/sync-controller.ts';
import type { ManualClock } from '../manual-clock.ts';
import { Fence } from './fence.ts';
import type { SimApi } from './sim-api.ts';
import type { SimLink } from './sim-link.ts';

export interface SimCloudOptions {
  readonly clock: ManualClock;
  readonly link: SimLink;
  readonly api: SimApi;
  readonly onEffect: () => void;
}

interface Life {
  readonly fence: Fence;
  readonly hub: CloudHub;
  readonly sync: SyncController;
  isStarted: boolean;
}

/** The cloud: the real modules between the Kubernetes API, which outlives them, and the edges, wired as the daemon wires them. */
export class SimCloud {
  /** The wall clock's error, ms. */
  skew = 0;
  readonly #options: SimCloudOptions;
  #life: Life | undefined;

  constructor(options: SimCloudOptions) {
    this.#options = options;
  }

  get life(): Life | undefined {
    return this.#life?.fence.isDead === true ? undefined : this.#life;
  }

  start(): void {
    const { clock: simulated, link, api, onEffect } = this.#options;
    const fence = new Fence({ onEffect, onDeath: () => link.died('cloud') });
    const { scope } = fence;
    const kube = api.clientOf(fence);
    const clock = fence.clock(simulated, () => this.skew);
    const { controllers, syncController, hub } = createCloudCore({
      kube,
      clock,
      random: () => 0.5,
      hub: {
        websocket: { address: '', port: 0 },
        nodeLimit: 10,
        keepaliveIntervalSeconds: 30,
        maxMessageBytes: 1_000_000,
        legacyEdges: false,
        limits: cloudConfig({}).limits,
        serve: (_scope, options) => link.serve(fence, options),
        checkPeer: () => Promise.resolve(undefined),
        tls: () => ({ ca: '', cert: '', key: '' }),
        acceptsCertificate: () => Promise.resolve(true),
        acceptsNameless: () => Promise.resolve(false),
        kubernetesCa: () => '',
      },
    });
    const life: Life = { fence, hub, sync: syncController, isStarted: false };
    this.#life = life;
    void (async () => {
      for (const module of [...controllers, hub]) await module.start(scope);
      life.isStarted = true;
    })().catch(() => undefined);
  }
}
