import { setImmediate } from 'node:timers/promises';
import type { Device, DeviceModel, Twin, TwinProperty } from '../../../protocol/devices.ts';
import { apiVersionOf, RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import type { TwinHistoryEntry } from '../../../protocol/twin-history.ts';
import type { ResourcePath } from '../../../protocol/resource.ts';
import { DEFAULT_NAMESPACE, formatDeviceId, parseDeviceId } from '../../../protocol/topics.ts';
import { DELETED } from '../../../store/device-twins.ts';
import type { SideState, TwinState } from '../../../store/device-twins.ts';
import type { DeviceRow } from '../../../store/devices.ts';
import { deviceIdOf } from './device-objects.ts';
import type { DeviceStore } from './device-store.ts';
import { Outcome } from './outcome.ts';
import { twinDelta } from './twin-messages.ts';

/** The cloud's objects, as MetaManager keeps them. */
export interface StoredObjects {
  readonly nodeName: string;
  readonly listStored: (type: string) => readonly KubeObject[];
  readonly getStored: (path: ResourcePath) => KubeObject | undefined;
}

export interface HistoryFilter {
  /** Only of this twin. */
  readonly property: string | undefined;
  /** Not before, ms since the epoch. */
  readonly since: number;
}

/** Devices as the Kubernetes API shows them, from what this edge has: the cloud's object with the edge's own twins as its status. */
export class DeviceQueries {
  readonly #store: DeviceStore;
  readonly #objects: StoredObjects;
  readonly #watchers = new Map<string, Set<(device: Device | undefined) => void>>();

  constructor(store: DeviceStore, objects: StoredObjects) {
    this.#store = store;
    this.#objects = objects;
  }

  list(): Device[] {
    const objects = new Map(this.#objects.listStored('device').map((object) => [deviceIdOf(object), object]));
    return this.#store.devices.list().map((row) => this.#deviceOf(row, objects.get(row.id)));
  }

  get(namespace: string, name: string): Device | undefined {
    const id = formatDeviceId({ namespace, name });
    const row = this.#store.devices.get(id);
    return row === undefined ? undefined : this.#deviceOf(row, this.#objects.getStored({ namespace, type: 'device', name }));
  }

  /** As the cloud sent it. */
  model(namespace: string, name: string): DeviceModel | undefined {
    return this.#objects.getStored({ namespace, type: 'devicemodel', name });
  }

  /** Undefined if there is no such device. */
  twins(namespace: string, name: string): Twin[] | undefined {
    const id = formatDeviceId({ namespace, name });
    return this.#store.devices.get(id) === undefined ? undefined : this.#twinsOf(id);
  }

  /**
   * The values that twins had: one after the other, each side from the oldest to the newest. It is read some at a time, for others to be served
   * meanwhile. Undefined if there is no such device or twin.
   */
  history(namespace: string, name: string, { property, since }: HistoryFilter): AsyncIterable<TwinHistoryEntry> | undefined {
    const { devices, history } = this.#store;
    const id = formatDeviceId({ namespace, name });
    const twins = history.twinsOf(id).filter((twin) => property === undefined || twin.name === property);
    if (devices.get(id) === undefined || (property !== undefined && twins.length === 0)) return undefined;
    return inTurns(twins, (twin) => history.read(twin, since));
  }

  /** `twin/update/delta` of each device of which something is desired and not yet so. */
  deltas(now: number): { topic: string; payload: string }[] {
    const outcome = new Outcome((id) => this.#store.devices.get(id)?.cloudId);
    for (const { id } of this.#store.devices.list()) {
      const delta = twinDelta(this.#store.twins.list(id), { now });
      if (delta !== undefined) outcome.publishTo(id, 'twin/update/delta', delta);
    }
    return outcome.publications.map(({ topic, payload }) => ({ topic, payload: JSON.stringify(payload) }));
  }

  /** Tells of every later change, with undefined once the device is gone, until the signal aborts. */
  watch(namespace: string, name: string, onChange: (device: Device | undefined) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const id = formatDeviceId({ namespace, name });
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(onChange));
    const end = (): void => {
      watchers.delete(onChange);
      if (watchers.size === 0) this.#watchers.delete(id);
    };
    signal.addEventListener('abort', end, { once: true });
  }

  /** Tells the watchers of a device. */
  notify(deviceId: string): void {
    const watchers = this.#watchers.get(deviceId);
    const device = parseDeviceId(deviceId);
    if (watchers === undefined || device === undefined) return;
    const current = this.get(device.namespace, device.name);
    for (const onChange of watchers) onChange(current);
  }

  #deviceOf(row: DeviceRow, object: KubeObject | undefined): Device {
    const device = object as Device | undefined;
    const { namespace = DEFAULT_NAMESPACE, name = row.name } = parseDeviceId(row.id) ?? {};
    return {
      apiVersion: apiVersionOf(RESOURCES.device),
      kind: RESOURCES.device.kind,
      ...(device ?? { metadata: { name, namespace } }),
      // v1alpha2 names the node in a selector.
      spec: { nodeName: this.#objects.nodeName, ...device?.spec },
      status: {
        ...device?.status,
        twins: this.#twinsOf(row.id),
        ...(row.state === '' ? {} : { state: row.state }),
        ...(row.lastOnline === '' ? {} : { lastOnlineTime: row.lastOnline }),
      },
    };
  }

  #twinsOf(id: string): Twin[] {
    return [...this.#store.twins.list(id)].filter(([, { type }]) => type !== DELETED).map(([name, twin]) => statusTwin(name, twin));
  }
}

/** As the cloud writes it from a report: metadata holds the time and the type. */
function statusTwin(propertyName: string, { actual, expected, type }: TwinState): Twin {
  return {
    propertyName,
    ...(actual === undefined ? {} : { reported: propertyOf(actual, type) }),
    ...(expected === undefined ? {} : { observedDesired: propertyOf(expected, type) }),
  };
}

function propertyOf({ value, timestamp }: SideState, type: string): TwinProperty {
  return { value, metadata: { timestamp: String(timestamp), type } };
}

async function* inTurns<T, Item>(things: readonly T[], read: (thing: T) => Iterable<readonly Item[]>): AsyncGenerator<Item> {
  for (const thing of things) {
    for (const items of read(thing)) {
      yield* items;
      await setImmediate();
    }
  }
}
