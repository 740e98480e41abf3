import type { Device, DeviceStatus } from '../../../src/protocol/devices.ts';
import { RESOURCES } from '../../../src/protocol/kubernetes.ts';
import type { KubeObject, ObjectSync } from '../../../src/protocol/kubernetes.ts';
import { fingerprintOf, objectContent, objectPath } from '../../../src/protocol/object-message.ts';
import type { Desired } from '../../../src/protocol/object-message.ts';
import { DeviceTwins } from '../../../src/store/device-twins.ts';
import { Devices } from '../../../src/store/devices.ts';
import { MetaStore } from '../../../src/store/meta.ts';
import { ManualClock } from '../manual-clock.ts';
import { SimApi } from './sim-api.ts';
import { SimCloud } from './sim-cloud.ts';
import { SimEdge } from './sim-edge.ts';
import { SimLink } from './sim-link.ts';
import type { Side } from './sim-link.ts';
import { Turns } from './turns.ts';

export const NODE = 'edge-1';
const NAMESPACE = 'default';
export type DeviceName = 'lamp' | 'fan';
/** Long enough for everything that waits for a minute, twice over. */
const PATIENCE_MS = 300_000;
const STEP_MS = 1_000;

/** What the history promised somebody, per device. Values only grow, so that of two the newer one is known. */
interface Promised {
  /** The uid of the Device that exists. */
  uid: string | undefined;
  /** The newest report that the edge has acknowledged to its application. */
  reported: number;
}

export class Violation extends Error {
  override readonly name = 'Violation';
}

/** One cloud, one edge, the Kubernetes API, people who edit and a device that reports, in simulated time. */
export class World {
  readonly clock = new ManualClock();
  readonly turns = new Turns();
  readonly api: SimApi;
  readonly link: SimLink;
  readonly cloud: SimCloud;
  readonly edge: SimEdge;
  /** What is in the edge's database, for those who look. */
  readonly #stores: { readonly meta: MetaStore; readonly twins: DeviceTwins; readonly devices: Devices };
  readonly #unsubscribe: (() => void)[] = [];
  #next = 1;
  #random = 0;
  readonly #promised = new Map<DeviceName, Promised>();
  /** The newest that each observer has seen. */
  readonly #seen = new Map<string, bigint>();
  #violation: Violation | undefined;

  private constructor(clock: ManualClock, api: SimApi) {
    this.clock = clock;
    this.api = api;
    const onEffect = (): void => this.turns.mark();
    this.link = new SimLink({ clock, nodeName: NODE, onTraffic: onEffect });
    this.cloud = new SimCloud({ clock, link: this.link, api, onEffect });
    this.edge = new SimEdge({
      clock,
      link: this.link,
      nodeName: NODE,
      onEffect,
      onObject: (path, version) => this.#see(`the edge's ${path}`, version),
      onPublication: () => undefined,
    });
    const { db } = this.edge;
    this.#stores = { meta: new MetaStore(db), twins: new DeviceTwins(db), devices: new Devices(db) };
  }

  static async create(): Promise<World> {
    const clock = new ManualClock();
    const api = await SimApi.create(clock);
    await api.client.create(RESOURCES.node, { metadata: { name: NODE, labels: { 'node-role.kubernetes.io/edge': '' } } });
    const properties = ['level', 'limit'].map((name) => ({ name, type: 'INT', accessMode: 'ReadWrite' }));
    await api.client.create(RESOURCES.deviceModel, {
      metadata: { name: 'model', namespace: NAMESPACE },
      spec: { properties },
    } as KubeObject);
    // No controller makes the account that the pod runs as.
    await api.client.create(RESOURCES.serviceAccount, { metadata: { name: 'default', namespace: NAMESPACE } });
    await api.client.create(RESOURCES.configMap, { metadata: { name: 'settings', namespace: NAMESPACE }, data: {} } as KubeObject);
    const container = { name: 'c', image: 'busybox', envFrom: [{ configMapRef: { name: 'settings' } }] };
    const spec = { nodeName: NODE, automountServiceAccountToken: false, containers: [container] };
    await api.client.create(RESOURCES.pod, { metadata: { name: 'app', namespace: NAMESPACE }, spec } as KubeObject);
    api.save();
    return new World(clock, api);
  }

  /** As on the first day; both daemons are started. */
  async begin(seed: number): Promise<void> {
    this.#random = seed | 0;
    this.#next = 1;
    this.#violation = undefined;
    this.#promised.clear();
    this.#seen.clear();
    this.cloud.skew = this.edge.skew = 0;
    this.link.reset();
    this.api.reach = 'there';
    this.edge.isDiskFull = false;
    this.api.reset();
    this.edge.loseStore();
    this.#watchApi();
    this.cloud.start();
    this.edge.start();
    await this.settle();
  }

  end(): void {
    this.cloud.life?.fence.die();
    this.edge.life?.fence.die();
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  /** A value larger than all before. */
  next(): number {
    return this.#next++;
  }

  /** A number in [0, below); mulberry32. */
  random(below: number): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    let t = this.#random;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  /** Lets everything happen that can happen now. `parcels`: how many messages may arrive. */
  async settle(parcels = Number.POSITIVE_INFINITY): Promise<void> {
    let left = parcels;
    for (;;) {
      await this.turns.untilQuiet();
      const { ready } = this.link;
      const next = ready[this.random(ready.length)];
      if (next === undefined || left <= 0) break;
      left -= 1;
      this.turns.guard(() => this.link.deliver(next));
    }
    if (this.#violation !== undefined) throw this.#violation;
  }

  /** Time goes on, and everything happens in its time. */
  async run(ms: number): Promise<void> {
    const end = this.clock.elapsed() + ms;
    for (;;) {
      const next = this.clock.nextAt;
      if (next === undefined || next > end) break;
      this.turns.guard(() => this.clock.advance(Math.max(0, next - this.clock.elapsed())));
      await this.settle();
    }
    this.clock.advance(end - this.clock.elapsed());
    await this.settle();
  }

  // What people do.

  async edit(change: () => Promise<unknown>): Promise<void> {
    const progress = { isDone: false };
    const end = (): boolean => (progress.isDone = true);
    void change().then(end, end);
    while (!progress.isDone) await this.turns.once();
  }

  async desire(device: DeviceName): Promise<void> {
    const properties = [{ name: 'level' }, { name: 'limit', desired: { value: String(this.next()) } }];
    const { client } = this.api;
    await this.edit(async () => {
      const patched = await client
        .patch(RESOURCES.device, { name: device, namespace: NAMESPACE }, { spec: { properties } }, 'merge')
        .catch(() => undefined);
      if (patched !== undefined) return;
      const spec = { nodeName: NODE, deviceModelRef: { name: 'model' }, properties };
      const created = await client.create(RESOURCES.device, { metadata: { name: device, namespace: NAMESPACE }, spec } as KubeObject);
      this.#promised.set(device, { uid: created.metadata.uid, reported: 0 });
    });
  }

  async remove(device: DeviceName): Promise<void> {
    await this.edit(() => this.api.client.delete(RESOURCES.device, device, NAMESPACE));
    this.#promised.delete(device);
  }

  async label(what: 'settings' | 'app' | 'model'): Promise<void> {
    const resource = { settings: RESOURCES.configMap, app: RESOURCES.pod, model: RESOURCES.deviceModel }[what];
    const labels = { change: String(this.next()) };
    await this.edit(() => this.api.client.patch(resource, { name: what, namespace: NAMESPACE }, { metadata: { labels } }, 'merge'));
  }

  /** An application reports; what is acknowledged to it is promised. */
  report(device: DeviceName): void {
    const { life } = this.edge;
    if (life?.isStarted !== true) return;
    const value = this.next();
    const uid = this.#uidAtEdge(device);
    const payload = JSON.stringify({ twin: { level: { actual: { value: String(value) }, metadata: { type: 'int' } } } });
    life.twins.commit(`$hw/events/device/${NAMESPACE}/${device}/twin/update`, Buffer.from(payload)).then(
      () => {
        const promised = this.#promised.get(device);
        // The edge takes reports of the devices that it knows; what it knew may have been another device of this name.
        if (promised !== undefined && promised.uid === uid && !life.fence.isDead) promised.reported = Math.max(promised.reported, value);
      },
      () => undefined,
    );
  }

  // What goes wrong.

  crash(side: Side, effects: number): void {
    this[side].life?.fence.dieAfter(effects);
  }

  /** Starts it if it is dead. */
  restart(side: Side): void {
    if (this[side].life === undefined) this[side].start();
  }

  /** The edge's database is gone, and with it what was not in the cloud yet. */
  loseStore(): void {
    this.edge.life?.fence.die();
    this.edge.loseStore();
    for (const promised of this.#promised.values()) promised.reported = 0;
  }

  // What must hold in the end.

  /** Nothing goes wrong any more: both sides must come to say the same. @throws Violation */
  async heal(): Promise<void> {
    this.link.isUp = true;
    this.link.held.cloud = this.link.held.edge = false;
    this.link.releaseLate();
    this.api.reach = 'there';
    this.edge.isDiskFull = false;
    for (const side of ['cloud', 'edge'] as const) {
      this[side].life?.fence.dieAfter(Number.POSITIVE_INFINITY);
      this.restart(side);
    }
    let differences = ['nothing was compared'];
    for (let waited = 0; waited <= PATIENCE_MS; waited += STEP_MS) {
      await this.run(STEP_MS);
      differences = await this.#differences();
      if (differences.length === 0) return;
    }
    throw new Violation(`${PATIENCE_MS / 1000} s after the last trouble:\n${differences.join('\n')}`);
  }

  async #differences(): Promise<string[]> {
    const found: string[] = [];
    const expect = (what: string, actual: unknown, wanted: unknown): void => {
      const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
      if (a !== b) found.push(`${what}: ${a}, and not ${b}`);
    };
    if (this.edge.life?.hub.connected !== true) return ['the edge is not connected'];
    expect('unacknowledged objects', this.cloud.life?.hub.status().queues?.['unacknowledged'], 0);
    expect('records that are not saved', this.cloud.life?.sync.status().queues?.['unsaved'], 0);
    expect('unconfirmed reports', this.edge.life.twins.status().queues?.['unconfirmed'], 0);
    if (found.length > 0) return found;
    const devices = this.#stored<Device>(RESOURCES.device);
    this.#compareObjects(devices, expect);
    const { twins: twinStore, devices: deviceStore } = this.#stores;
    expect(
      'devices at the edge',
      deviceStore.list().map(({ id }) => id),
      devices.map(({ metadata }) => `${NAMESPACE}/${metadata.name}`).sort(),
    );
    for (const device of devices) {
      const { name } = device.metadata;
      const twins = twinStore.list(`${NAMESPACE}/${name}`);
      const status = this.#stored<DeviceStatus>(RESOURCES.deviceStatus).find(({ metadata }) => metadata.name === name)?.status;
      const desired = device.spec?.properties?.find((property) => property.name === 'limit')?.desired?.value ?? '';
      expect(`${name}: expected at the edge`, twins.get('limit')?.expected?.value ?? '', desired);
      for (const [where, twin] of [
        ['DeviceStatus', status],
        ['Device.status', device.status],
      ] as const) {
        const valueOf = (property: string, side: 'reported' | 'observedDesired'): string =>
          twin?.twins?.find(({ propertyName }) => propertyName === property)?.[side]?.value ?? '';
        expect(`${name}: observedDesired in ${where}`, valueOf('limit', 'observedDesired'), desired);
        const reported = valueOf('level', 'reported');
        const actual = twins.get('level')?.actual?.value ?? '';
        if (actual !== '') expect(`${name}: reported in ${where}`, reported, actual);
        const promised = this.#promised.get(name as DeviceName)?.reported ?? 0;
        if (Number(reported) < promised) found.push(`${name}: reported in ${where} is ${reported}, ${promised} was acknowledged`);
      }
    }
    return found;
  }

  /** The objects that the node should have, in the API and at the edge, and what is recorded of their delivery. */
  #compareObjects(devices: readonly Device[], expect: (what: string, actual: unknown, wanted: unknown) => void): void {
    const desired: Desired[] = [
      ...this.#stored(RESOURCES.configMap).map((object) => ({ resource: RESOURCES.configMap, object, source: '' })),
      ...this.#stored(RESOURCES.pod).map((object) => ({ resource: RESOURCES.pod, object, source: '' })),
      ...(devices.length === 0
        ? []
        : this.#stored(RESOURCES.deviceModel).map((object) => ({ resource: RESOURCES.deviceModel, object, source: '' }))),
      ...devices.map((object) => ({ resource: RESOURCES.device, object, source: '' })),
    ];
    const wanted = desired.map(
      ({ resource, object }) => `${objectPath(resource, object)} ${fingerprintOf(objectContent(resource, object))}`,
    );
    const { meta } = this.#stores;
    const stored = ['configmap', 'pod', 'devicemodel', 'device'].flatMap((type) =>
      meta.list(type).map((object) => `${object.metadata.namespace ?? ''}/${type}/${object.metadata.name} ${fingerprintOf(object)}`),
    );
    expect('objects at the edge', stored.sort(), wanted.sort());
    const syncs = this.#stored<ObjectSync>(RESOURCES.objectSync).map(({ metadata }) => metadata.name);
    expect('ObjectSyncs', syncs.sort(), desired.map(({ object }) => `${NODE}.${object.metadata.uid ?? ''}`).sort());
  }

  #stored<T extends KubeObject>({ group, plural }: { group: string; plural: string }): T[] {
    return [...this.api.store.list(group === '' ? plural : `${plural}.${group}`)].filter(
      ({ metadata }) => metadata.namespace === NAMESPACE && metadata.name !== 'kube-root-ca.crt',
    ) as T[];
  }

  #uidAtEdge(device: DeviceName): string | undefined {
    return this.#stores.devices.get(`${NAMESPACE}/${device}`)?.uid;
  }

  /** Versions never go back, at either observer. */
  #see(what: string, version: string): void {
    const [last, now] = [this.#seen.get(what) ?? 0n, BigInt(version === '' ? 0 : version)];
    if (now < last) this.#violation ??= new Violation(`${what} went back from ${last} to ${now}`);
    else this.#seen.set(what, now);
  }

  #watchApi(): void {
    for (const resource of ['devices.devices.kubeedge.io', 'devicestatuses.devices.kubeedge.io']) {
      this.#unsubscribe.push(
        this.api.store.subscribe(resource, ({ object, name, type }) => {
          if (type === 'DELETED') return;
          const { status } = object as Device;
          for (const { propertyName, reported, observedDesired } of status?.twins ?? []) {
            this.#see(`${resource} ${name} ${propertyName} reported`, reported?.value ?? '');
            this.#see(`${resource} ${name} ${propertyName} observed`, observedDesired?.value ?? '');
          }
        }),
      );
    }
  }
}
