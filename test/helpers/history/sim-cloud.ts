import { cloudConfig } from '../../../src/config/cloud-config.ts';
import { CloudHub } from '../../../src/daemons/cloud/cloudhub/cloud-hub.ts';
import { DeviceController } from '../../../src/daemons/cloud/devicecontroller/device-controller.ts';
import { EdgeController } from '../../../src/daemons/cloud/edgecontroller/edge-controller.ts';
import type { CloudEvents } from '../../../src/daemons/cloud/events.ts';
import { Informers } from '../../../src/daemons/cloud/informers/informers.ts';
import { EdgeStores } from '../../../src/daemons/cloud/synccontroller/edge-stores.ts';
import { SyncController } from '../../../src/daemons/cloud/synccontroller/sync-controller.ts';
import { Bus } from '../../../src/kernel/bus.ts';
import { Informer } from '../../../src/kube/informer.ts';
import type { Device, DeviceModel } from '../../../src/protocol/devices.ts';
import { RESOURCES } from '../../../src/protocol/kubernetes.ts';
import type { ConfigMap, Node, ObjectSync, Pod, Secret } from '../../../src/protocol/kubernetes.ts';
import type { Message } from '../../../src/protocol/message.ts';
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

/** The cloud: the real modules between the Kubernetes API, which outlives them, and the edges, wired as in src/daemons/cloud.ts. */
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
    const bus = new Bus<CloudEvents>();
    const follow = { client: kube, clock, random: () => 0.5 };
    const nodes = new Informer<Node>({ ...follow, resource: RESOURCES.node });
    const pods = new Informer<Pod>({ ...follow, resource: RESOURCES.pod });
    const configMaps = new Informer<ConfigMap>({ ...follow, resource: RESOURCES.configMap });
    const secrets = new Informer<Secret>({ ...follow, resource: RESOURCES.secret });
    const devices = new Informer<Device>({ ...follow, resource: RESOURCES.device });
    const deviceModels = new Informer<DeviceModel>({ ...follow, resource: RESOURCES.deviceModel });
    const objectSyncs = new Informer<ObjectSync>({ ...follow, resource: RESOURCES.objectSync });
    const clusterObjectSyncs = new Informer<ObjectSync>({ ...follow, resource: RESOURCES.clusterObjectSync });

    const send = (nodeName: string, message: Message): boolean => hub.send(nodeName, message);
    const disconnect = (nodeName: string, reason: string): void => hub.disconnect(nodeName, reason);
    const stores = new EdgeStores({ kube, nodes, disconnect, refill: (nodeName) => sync.refill(nodeName) });
    const edgeController = new EdgeController({
      bus,
      clock,
      kube,
      nodes,
      pods,
      configMaps,
      secrets,
      send,
      disconnect,
      annotationsOf: (nodeName) => stores.annotationsOf(nodeName),
      onRegisteredAgain: (nodeName) => stores.started(nodeName),
    });
    const deviceController = new DeviceController({
      bus,
      clock,
      kube,
      nodes,
      devices,
      deviceModels,
      send,
      isRecorded: (nodeName, uid) => sync.isRecorded(nodeName, uid),
    });
    const sync: SyncController = new SyncController({
      bus,
      clock,
      kube,
      nodes,
      objectSyncs,
      clusterObjectSyncs,
      send,
      kinds: new Set(['Pod', 'ConfigMap', 'Secret', 'Device', 'DeviceModel']),
      desiredFor: (nodeName) => [...edgeController.desiredFor(nodeName), ...deviceController.desiredFor(nodeName)],
      connectedNodes: () => hub.connectedNodes(),
      onOrphan: (nodeName, { kind, namespace = '', name }) => {
        if (kind === 'Device') deviceController.announceRemoved(nodeName, namespace, name);
      },
    });
    const hub: CloudHub = new CloudHub({
      bus,
      clock,
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
      admitStore: (nodeName, storeId) => stores.admit(nodeName, storeId),
      kubernetesCa: () => '',
      recordDelivery: async (nodeName, message) => {
        await sync.recordDelivery(nodeName, message);
        deviceController.beforeDelivery(nodeName, message);
      },
      handlers: {
        edgecontroller: (nodeName, message) => edgeController.receive(nodeName, message),
        devicecontroller: (nodeName, message) => deviceController.receive(nodeName, message),
      },
    });
    const informers = new Informers(kube, [nodes, pods, configMaps, secrets, devices, deviceModels, objectSyncs, clusterObjectSyncs]);
    const life: Life = { fence, hub, sync, isStarted: false };
    this.#life = life;
    void (async () => {
      for (const module of [informers, edgeController, deviceController, sync, hub]) await module.start(scope);
      life.isStarted = true;
    })().catch(() => undefined);
  }
}
