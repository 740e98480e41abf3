import { dmiSockets } from '../config/dmi-sockets.ts';
import { loadEdgeConfig } from '../config/edge-config.ts';
import type { EdgeConfig } from '../config/edge-config.ts';
import type { EdgePaths } from '../config/home.ts';
import { Bus } from '../kernel/bus.ts';
import { systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DaemonState } from '../kernel/daemon.ts';
import type { Module } from '../kernel/module.ts';
import type { EventBusReloaded } from '../protocol/admin.ts';
import type { Message } from '../protocol/message.ts';
import { EdgeStore } from '../store/edge-store.ts';
import { MqttAccounts } from '../store/mqtt-accounts.ts';
import { MqttSessions } from '../store/mqtt-sessions.ts';
import { Admin } from './edge/admin/admin.ts';
import { Dmi } from './edge/devicetwin/dmi/dmi.ts';
import { DeviceTwin } from './edge/devicetwin/device-twin.ts';
import { Edged } from './edge/edged/edged.ts';
import { EdgeHub } from './edge/edgehub/edge-hub.ts';
import { EventBus } from './edge/eventbus/event-bus.ts';
import type { EdgeEvents } from './edge/events.ts';
import { MetaManager } from './edge/metamanager/meta-manager.ts';

export interface EdgeOptions {
  readonly config: EdgeConfig;
  readonly paths: EdgePaths;
  readonly state: DaemonState;
  /** kedge's own version. */
  readonly version: string;
  readonly clock?: Clock;
}

/** The edge daemon: its modules in the order of their start. What faces the outside comes last. */
export function createEdge({ config, paths, state, version, clock = systemClock }: EdgeOptions): Module[] {
  const { nodeName } = config;
  const bus = new Bus<EdgeEvents>();
  const send = (message: Message): boolean => hub.send(message);
  const isConnected = (): boolean => hub.connected;
  const isKedgeCloud = (): boolean => hub.isKedgeCloud;

  const store = new EdgeStore(paths.database);
  const meta: MetaManager = new MetaManager({
    get db() {
      return store.db;
    },
    get group() {
      return store.group;
    },
    bus,
    send,
    request: (message, options) => hub.request(message, options),
    isConnected,
    isKedgeCloud,
    clock,
  });
  const twins = new DeviceTwin({
    get db() {
      return store.db;
    },
    get group() {
      return store.group;
    },
    nodeName,
    reportIntervalMs: config.deviceTwin.reportIntervalSeconds * 1000,
    history: config.deviceTwin.history,
    bus,
    clock,
    send,
    isConnected,
    isKedgeCloud,
    listStored: (type) => meta.list(type),
    getStored: (path) => meta.get(path),
    publish: (topic, payload, qos) => {
      eventBus.publish(topic, payload, qos);
    },
    remindMappers: (deviceId, delta) => {
      dmi.remind(deviceId, delta);
    },
  });
  const dmi: Dmi = new Dmi(dmiSockets(config, paths), {
    get db() {
      return store.db;
    },
    get group() {
      return store.group;
    },
    bus,
    listStored: (type) => meta.list(type),
    getStored: (path) => meta.get(path),
    report: (kind, device, body) => twins.report(kind, device, body),
    clock,
  });
  const eventBus = new EventBus({
    config: config.eventBus,
    nodeName,
    dir: paths.dir,
    send,
    isConnected,
    commit: (topic, payload) => twins.commit(topic, payload),
    deltas: () => twins.deltas(),
    subscribed: (filters) => twins.subscribed(filters),
    get store() {
      return { sessions: new MqttSessions(store.db), accounts: new MqttAccounts(store.db), journal: store.group };
    },
    clock,
  });
  const edged = new Edged(
    { nodeName, version, dataFolder: paths.dir, ...config.edged },
    {
      bus,
      clock,
      isConnected,
      ask: (request) => meta.remoteRequest(request),
      localAddress: () => hub.localAddress,
      getObject: (path) => meta.get(path),
      listObjects: (type) => meta.list(type),
    },
  );
  const hub: EdgeHub = new EdgeHub(
    { nodeName, ...config.edgeHub, credentials: { ca: paths.caCert, ...paths.server } },
    {
      bus,
      clock,
      storeId: () => store.id,
      metaManager: (message) => meta.receive(message),
      deviceTwin: (message) => twins.receive(message),
      onUploadsLost: (count) => eventBus.uploadsLost(count),
    },
  );
  const reloadEventBus = (): Promise<EventBusReloaded> => eventBus.reload(loadEdgeConfig(paths.config).eventBus);
  const admin = new Admin(
    { socket: paths.socket, version },
    {
      state,
      devices: twins,
      reloadEventBus,
      accounts: () => eventBus.accounts,
      renewCertificate: () => hub.renewCertificate(),
      clock,
    },
  );
  return [admin, store, meta, twins, dmi, eventBus, edged, hub];
}
