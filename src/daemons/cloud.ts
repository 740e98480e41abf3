import { join } from 'node:path';
import type { CloudConfig } from '../config/cloud-config.ts';
import type { CloudPaths } from '../config/home.ts';
import { Bus } from '../kernel/bus.ts';
import { systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DaemonState } from '../kernel/daemon.ts';
import type { Module } from '../kernel/module.ts';
import { packageRoot } from '../kernel/package-root.ts';
import { createKubeClient } from '../kube/http-client.ts';
import { Informer } from '../kube/informer.ts';
import { loadCredentials } from '../kube/kubeconfig.ts';
import { requireKeyPair } from '../pki/key-pair-file.ts';
import type { Device, DeviceModel } from '../protocol/devices.ts';
import { RESOURCES } from '../protocol/kubernetes.ts';
import type { ConfigMap, Node, ObjectSync, Pod, Secret } from '../protocol/kubernetes.ts';
import type { Message } from '../protocol/message.ts';
import { Admin } from './cloud/admin/admin.ts';
import { CertificateKeeper } from './cloud/certificates/certificate-keeper.ts';
import { CloudCertificates } from './cloud/certificates/cloud-certificates.ts';
import { Bootstrap } from './cloud/bootstrap/bootstrap.ts';
import { CloudHub } from './cloud/cloudhub/cloud-hub.ts';
import { EnrolmentServer } from './cloud/cloudhub/https/enrolment-server.ts';
import { Enrolment } from './cloud/cloudhub/https/enrolment.ts';
import { NodeCertificateStore } from './cloud/cloudhub/https/node-certificate-store.ts';
import { TokenStore } from './cloud/cloudhub/https/token-store.ts';
import { DeviceController } from './cloud/devicecontroller/device-controller.ts';
import { DynamicController } from './cloud/dynamiccontroller/dynamic-controller.ts';
import { EdgeController } from './cloud/edgecontroller/edge-controller.ts';
import type { CloudEvents } from './cloud/events.ts';
import { Informers } from './cloud/informers/informers.ts';
import { EdgeStores } from './cloud/synccontroller/edge-stores.ts';
import { SyncController } from './cloud/synccontroller/sync-controller.ts';
import { createControlPlane } from './controlplane.ts';
import type { ControlPlaneOptions } from './controlplane.ts';

export interface CloudOptions {
  readonly config: CloudConfig;
  readonly paths: CloudPaths;
  readonly state: DaemonState;
  /** kedge's own version. */
  readonly version: string;
  readonly clock?: Clock;
}

/** The cloud daemon: its modules in the order of their start. What faces the outside comes last. */
export async function createCloud({ config, paths, state, version, clock = systemClock }: CloudOptions): Promise<Module[]> {
  const { cloudHub, controlPlane, limits } = config;
  const bus = new Bus<CloudEvents>();
  const ca = await requireKeyPair(paths.ca);
  let server = await requireKeyPair(paths.server);
  const credentials = await loadCredentials(controlPlane.kubeconfig ?? paths.adminKubeconfig);
  const embedded =
    controlPlane.kubeconfig === undefined ? createControlPlane({ ...controlPlane, ...controlPlaneFiles(paths), limits, clock }) : undefined;
  // The API of this process needs no way over the network.
  const kube = embedded?.client ?? createKubeClient(credentials, { maxBodyBytes: limits.maxAnswerBytes });

  const nodes = new Informer<Node>({ client: kube, resource: RESOURCES.node, clock });
  const pods = new Informer<Pod>({ client: kube, resource: RESOURCES.pod, clock });
  const configMaps = new Informer<ConfigMap>({ client: kube, resource: RESOURCES.configMap, clock });
  const secrets = new Informer<Secret>({ client: kube, resource: RESOURCES.secret, clock });
  const devices = new Informer<Device>({ client: kube, resource: RESOURCES.device, clock });
  const deviceModels = new Informer<DeviceModel>({ client: kube, resource: RESOURCES.deviceModel, clock });
  const objectSyncs = new Informer<ObjectSync>({ client: kube, resource: RESOURCES.objectSync, clock });
  const clusterObjectSyncs = new Informer<ObjectSync>({ client: kube, resource: RESOURCES.clusterObjectSync, clock });

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

  const tokens = new TokenStore({ kube, ca, clock });
  const certificates = new NodeCertificateStore({ kube, clock });
  const enrolment = new Enrolment({
    kube,
    ca,
    certificateDays: cloudHub.edgeCertSigningDays,
    lateRenewalDays: cloudHub.lateRenewalDays,
    legacyEdges: cloudHub.legacyEdges,
    tokens,
    certificates,
    clock,
    startAnew: (nodeName) => {
      disconnect(nodeName, 'the name was taken over');
      return syncController.forget(nodeName);
    },
  });
  const hub: CloudHub = new CloudHub({
    bus,
    clock,
    ...cloudHub,
    limits,
    tls: () => ({ ca: ca.certPem, cert: server.certPem, key: server.keyPem }),
    acceptsCertificate: (nodeName, serial) => certificates.accepts(nodeName, serial),
    acceptsNameless: (nodeName, serial) => certificates.acceptsNameless(nodeName, serial),
    admitStore: (nodeName, storeId) => stores.admit(nodeName, storeId),
    kubernetesCa: () => credentials.ca ?? '',
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

  const bootstrap = new Bootstrap({ kube, ca, server: () => server, crdDir: join(packageRoot(), 'templates', 'crds'), clock });
  const enrolmentServer = new EnrolmentServer({
    listen: cloudHub.https,
    limits,
    clock,
    ca,
    server: () => server,
    enrolment,
    websocketPort: () => hub.port || cloudHub.websocket.port,
  });
  const keeper = new CertificateKeeper({
    certificates: new CloudCertificates(paths, clock),
    clock,
    apply: {
      server: async () => {
        server = await requireKeyPair(paths.server);
        hub.reloadCertificate();
        enrolmentServer.reloadCertificate();
        await bootstrap.publishCertificate();
      },
      apiserver: async () => embedded?.apiServer.reloadCertificate(),
    },
  });

  return [
    new Admin(
      { socket: paths.socket, version },
      {
        state,
        clock,
        certificates: keeper,
        tokens: {
          create: (request) => tokens.create(request),
          list: () => tokens.list(),
          revoke: (id) => tokens.revoke(id),
        },
      },
    ),
    keeper,
    ...(embedded?.modules ?? []),
    bootstrap,
    new Informers(kube, [nodes, pods, configMaps, secrets, devices, deviceModels, objectSyncs, clusterObjectSyncs]),
    edgeController,
    deviceController,
    dynamicController,
    syncController,
    enrolmentServer,
    hub,
  ];
}

function controlPlaneFiles({ kubernetesCa, apiserver, tokenKey, database }: CloudPaths): Pick<ControlPlaneOptions, 'pki' | 'databasePath'> {
  const ca = { caPath: kubernetesCa.cert, caKeyPath: kubernetesCa.key };
  return { pki: { ...ca, certPath: apiserver.cert, keyPath: apiserver.key, tokenKeyPath: tokenKey }, databasePath: database };
}
