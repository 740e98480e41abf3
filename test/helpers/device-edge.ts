import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { edgeConfig } from '../../src/config/edge-config.ts';
import type { EdgeConfig } from '../../src/config/edge-config.ts';
import type { MqttMode } from '../../src/config/mqtt-mode.ts';
import type { ExternalBroker } from '../../src/config/external-broker.ts';
import { DeviceTwin } from '../../src/daemons/edge/devicetwin/device-twin.ts';
import { EventBus } from '../../src/daemons/edge/eventbus/event-bus.ts';
import type { EdgeEvents } from '../../src/daemons/edge/events.ts';
import { Bus } from '../../src/kernel/bus.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import type { KubeObject } from '../../src/protocol/kubernetes.ts';
import { newMessage } from '../../src/protocol/message.ts';
import type { Message } from '../../src/protocol/message.ts';
import type { TwinHistoryLimits } from '../../src/protocol/twin-history.ts';
import { formatResource } from '../../src/protocol/resource.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { Database } from '../../src/store/database.ts';
import { EDGE_MIGRATIONS } from '../../src/store/edge-schema.ts';
import { GroupCommit } from '../../src/store/group-commit.ts';
import { MqttAccounts } from '../../src/store/mqtt-accounts.ts';
import { MqttSessions } from '../../src/store/mqtt-sessions.ts';
import type { TwinDelta } from '../../src/protocol/twin.ts';
import { testScope } from './test-scope.ts';
import type { TestScope } from './test-scope.ts';

export const HISTORY_LIMITS: TwinHistoryLimits = { perTwin: 1_000, maxBytes: 16 * 1024 * 1024 };

interface StartOptions {
  readonly mqtt?: boolean;
  readonly maxPacketBytes?: number;
  readonly mode?: MqttMode;
  readonly external?: ExternalBroker;
  readonly reportIntervalMs?: number;
  readonly history?: TwinHistoryLimits;
}

/** DeviceTwin and EventBus on a database in a folder of their own, with the hub's end in the test's hand. */
export class DeviceEdge {
  readonly dir: string;
  readonly objects = new Map<string, KubeObject>();
  /** What went to the cloud, oldest first. */
  readonly sent: Message[] = [];
  /** What was published to the applications. */
  readonly published: { topic: string; payload: Record<string, never>; qos: number }[] = [];
  /** Has the mappers of a device told again. */
  remind: (id: string, delta: TwinDelta) => void = () => undefined;
  readonly #clock: Clock | undefined;
  connected = true;
  /** Messages that go to the cloud before the hub takes no more. */
  limit = Infinity;
  isKedgeCloud = true;
  bus = new Bus<EdgeEvents>();
  #scope: TestScope | undefined;
  #parts: { db: Database; twin: DeviceTwin; eventBus: EventBus } | undefined;

  constructor(clock?: Clock, dir = mkdtempSync(join(tmpdir(), 'kedge-device-'))) {
    this.#clock = clock;
    this.dir = dir;
  }

  get twin(): DeviceTwin {
    return this.#parts!.twin;
  }

  get eventBus(): EventBus {
    return this.#parts!.eventBus;
  }

  get db(): Database {
    return this.#parts!.db;
  }

  /** Starts on whatever the database holds; with `mqtt` the EventBus runs, in the internal mode if not told otherwise. */
  async start({
    mqtt = false,
    maxPacketBytes = 100_000,
    mode = 'internal',
    external,
    reportIntervalMs = 0,
    history = HISTORY_LIMITS,
  }: StartOptions = {}): Promise<this> {
    const scope = testScope();
    this.#scope = scope;
    this.bus = new Bus<EdgeEvents>();
    const db = openDatabase(join(this.dir, 'data.db'), EDGE_MIGRATIONS);
    const group = new GroupCommit(db);
    const send = (message: Message): boolean => this.connected && this.sent.length < this.limit && this.sent.push(message) > 0;
    const eventBus = new EventBus({
      config: eventBusConfig({
        mode,
        listen: [{ address: '127.0.0.1', port: 0 }],
        maxPacketBytes,
        ...(external !== undefined && { external }),
      }),
      store: { sessions: new MqttSessions(db), accounts: new MqttAccounts(db), journal: group },
      nodeName: 'edge1',
      dir: this.dir,
      commit: (topic, payload) => twin.commit(topic, payload),
      deltas: () => twin.deltas(),
      subscribed: (filters) => twin.subscribed(filters),
      send,
      isConnected: () => this.connected,
      ...(this.#clock === undefined ? {} : { clock: this.#clock }),
    });
    const twin = new DeviceTwin({
      db,
      group,
      nodeName: 'edge1',
      reportIntervalMs,
      history,
      bus: this.bus,
      send,
      isConnected: () => this.connected,
      isKedgeCloud: () => this.isKedgeCloud,
      listStored: (type) => [...this.objects].filter(([key]) => key.split('/')[1] === type).map(([, object]) => object),
      getStored: (path) => this.objects.get(formatResource(path)),
      remindMappers: (id, delta) => this.remind(id, delta),
      publish: (topic, payload, qos) => {
        this.published.push({ topic, payload: JSON.parse(payload) as Record<string, never>, qos: qos ?? 1 });
        eventBus.publish(topic, payload, qos);
      },
      ...(this.#clock === undefined ? {} : { clock: this.#clock }),
    });
    this.#parts = { db, twin, eventBus };
    await twin.start(scope);
    if (mqtt) await eventBus.start(scope);
    return this;
  }

  /** Ends the parts; the folder stays for another start. */
  async stop(): Promise<void> {
    await this.#scope?.end();
    this.#parts?.db.close();
    this.#scope = undefined;
    this.#parts = undefined;
  }

  async destroy(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** As MetaManager does: stored, then told. */
  async store(type: string, object: KubeObject): Promise<void> {
    const { namespace = 'default', name } = object.metadata;
    this.objects.set(`${namespace}/${type}/${name}`, object);
    await this.bus.emit('objectStored', { namespace, type, name, object });
  }

  async remove(type: string, name: string, namespace = 'default'): Promise<void> {
    this.objects.delete(`${namespace}/${type}/${name}`);
    await this.bus.emit('objectDeleted', { namespace, type, name });
  }

  async membership(added: string[], removed: string[] = []): Promise<void> {
    const devices = (ids: string[]): unknown => (ids.length === 0 ? null : ids.map((id) => ({ id, name: id.split('/').pop() })));
    await this.fromCloud('update', 'membership', { added_devices: devices(added), removed_devices: devices(removed) });
  }

  async fromCloud(operation: string, resource: string, content: unknown, parentId?: string): Promise<void> {
    const route = { source: 'devicecontroller', group: 'twin', operation, resource };
    await this.twin.receive(newMessage(route, content, parentId === undefined ? {} : { parentId }));
  }

  /** The cloud's answer once it has stored a report. */
  confirm(message: Message): Promise<void> {
    return this.fromCloud('response', 'twin', 'OK', message.header.msg_id);
  }

  /** One report over MQTT, as the broker hands it in. */
  report(twin: object, device = 'default/sensor1'): Promise<void> {
    return this.twin.commit(`$hw/events/device/${device}/twin/update`, Buffer.from(JSON.stringify({ event_id: 'e', twin })));
  }

  /** The payloads that were published to a topic. */
  heard(topic: string): Record<string, never>[] {
    return this.published.filter((publication) => publication.topic === topic).map(({ payload }) => payload);
  }
}

export function deviceObject(properties: { name: string; desired?: string }[], options: { uid?: string; rv?: string } = {}): KubeObject {
  const { uid = 'u1', rv = '400' } = options;
  return {
    apiVersion: 'devices.kubeedge.io/v1beta1',
    kind: 'Device',
    metadata: { name: 'sensor1', namespace: 'default', uid, resourceVersion: rv },
    spec: {
      deviceModelRef: { name: 'model1' },
      nodeName: 'edge1',
      properties: properties.map(({ name, desired }) => (desired === undefined ? { name } : { name, desired: { value: desired } })),
    },
  } as KubeObject;
}

export function modelObject(types: Record<string, string>): KubeObject {
  const properties = Object.entries(types).map(([name, type]) => ({ name, type, accessMode: 'ReadWrite' }));
  return { metadata: { name: 'model1', namespace: 'default', uid: 'm1', resourceVersion: '1' }, spec: { properties } } as KubeObject;
}

/** The configuration of an EventBus with its defaults. */
export function eventBusConfig(eventBus: object): EdgeConfig['eventBus'] {
  return edgeConfig({ nodeName: 'edge1', edgeHub: { websocketServer: 'c:1', httpServer: 'https://c:1' }, eventBus }).eventBus;
}
