import { Bus } from '../kernel/bus.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Module } from '../kernel/module.ts';
import type { KubeClient } from '../kube/client.ts';
import { Informer } from '../kube/informer.ts';
import type { Device, DeviceModel } from '../protocol/devices.ts';
import { RESOURCES } from '../protocol/kubernetes.ts';
import type { ConfigMap, Node, ObjectSync, Pod, Secret } from '../protocol/kubernetes.ts';
import type { Message } from '../protocol/message.ts';
import { CloudHub } from './cloud/cloudhub/cloud-hub.ts';
import type { CloudHubDeps } from './cloud/cloudhub/cloud-hub.ts';
import { DeviceController } from './cloud/devicecontroller/device-controller.ts';
import { DynamicController } from './cloud/dynamiccontroller/dynamic-controller.ts';
import { EdgeController } from './cloud/edgecontroller/edge-controller.ts';
import type { CloudEvents } from './cloud/events.ts';
import { Informers } from './cloud/informers/informers.ts';
import { EdgeStores } from './cloud/synccontroller/edge-stores.ts';
import { SyncController } from './cloud/synccontroller/sync-controller.ts';

export interface CloudCoreOptions {
  readonly kube: KubeClient;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random?: () => number;
  /** Who comes in, and how. */
  readonly hub: Omit<CloudHubDeps, 'bus' | 'clock' | 'admitStore' | 'recordDelivery' | 'handlers'>;
}

export interface CloudCore {
  /** What follows the API and controls, in the order of its start; the hub comes after it. */
  readonly controllers: readonly Module[];
  readonly syncController: SyncController;
  readonly hub: CloudHub;
}

/** What stands between the Kubernetes API and the edges, wired together. */
export function createCloudCore({ kube, clock, random, hub: hubOptions }: CloudCoreOptions): CloudCore {
  const bus = new Bus<CloudEvents>();
  const follow = { client: kube, clock, ...(random !== undefined && { random }) };
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
  const stores = new EdgeStores({ kube, nodes, disconnect, refill: (nodeName) => syncController.refill(nodeName) });
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
    isRecorded: (nodeName, uid) => syncController.isRecorded(nodeName, uid),
  });
  const dynamicController = new DynamicController({ send });
  const syncController: SyncController = new SyncController({
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
    ...hubOptions,
    admitStore: (nodeName, storeId) => stores.admit(nodeName, storeId),
    recordDelivery: async (nodeName, message) => {
      await syncController.recordDelivery(nodeName, message);
      deviceController.beforeDelivery(nodeName, message);
    },
    handlers: {
      edgecontroller: (nodeName, message) => edgeController.receive(nodeName, message),
      devicecontroller: (nodeName, message) => deviceController.receive(nodeName, message),
      dynamiccontroller: (nodeName, message) => dynamicController.receive(nodeName, message),
    },
  });
  const informers = new Informers(kube, [nodes, pods, configMaps, secrets, devices, deviceModels, objectSyncs, clusterObjectSyncs]);
  return { controllers: [informers, edgeController, deviceController, dynamicController, syncController], syncController, hub };
}
