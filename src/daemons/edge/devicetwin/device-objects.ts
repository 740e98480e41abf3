import type { Logger } from '../../../kernel/log.ts';
import { TWIN_TYPE } from '../../../protocol/devices.ts';
import type { Device, DeviceModel, DeviceProperty } from '../../../protocol/devices.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { DEFAULT_NAMESPACE, formatDeviceId } from '../../../protocol/topics.ts';
import { isTwinType } from '../../../protocol/twin-value.ts';
import { planDesired } from './desired-plan.ts';
import type { WantedProperty } from './desired-plan.ts';
import type { DeviceStore } from './device-store.ts';
import type { Membership } from './membership.ts';
import type { Outcome } from './outcome.ts';

/**
 * Brings the devices in line with the Device and DeviceModel objects that the cloud sent. Level-triggered: it compares what is stored
 * with what was taken before, so the same object twice, or a crash between the two, does no harm.
 */
export class DeviceObjects {
  readonly #store: DeviceStore;
  readonly #membership: Membership;
  readonly #log: Logger;
  /** Types by property, by `namespace/name` of the model. */
  readonly #models = new Map<string, ReadonlyMap<string, string>>();

  constructor(store: DeviceStore, membership: Membership, log: Logger) {
    this.#store = store;
    this.#membership = membership;
    this.#log = log;
  }

  /** At start: devices whose object went while nobody watched go too. */
  removeOrphans(devices: readonly KubeObject[], now: number, outcome: Outcome): void {
    const ids = new Set(devices.map(deviceIdOf));
    for (const row of this.#store.devices.list()) {
      if (row.uid !== '' && !ids.has(row.id)) this.#membership.remove(row, now, outcome);
    }
  }

  /** Takes over a DeviceModel. The devices that name it are to be applied again. */
  learn(model: KubeObject): void {
    const { spec } = model as Partial<DeviceModel>;
    const types = (spec?.properties ?? []).flatMap(({ name, type }) => {
      // Until 1.14 the type was an object.
      return Object.hasOwn(TWIN_TYPE, type) ? [[name, TWIN_TYPE[type]] as const] : [];
    });
    this.#models.set(deviceIdOf(model), new Map(types));
  }

  forgetModel(namespace: string, name: string): void {
    this.#models.delete(formatDeviceId({ namespace, name }));
  }

  /** Takes over a Device: its membership, then its desired values. */
  apply(object: KubeObject, now: number, outcome: Outcome): void {
    const { metadata, spec } = object as KubeObject & { spec?: Device['spec'] };
    const id = deviceIdOf(object);
    const uid = metadata.uid ?? '';
    const known = this.#store.devices.get(id);
    // Deleted and made again while this edge was away.
    if (known !== undefined && known.uid !== '' && uid !== '' && known.uid !== uid) this.#membership.remove(known, now, outcome);
    this.#membership.add({ id, uid, description: metadata.labels?.['description'] ?? '' }, now, outcome);
    if (spec === undefined || isOldSpec(spec)) return;
    this.#applyDesired(id, this.#wanted(object, spec), Number.parseInt(metadata.resourceVersion ?? '', 10) || 0, { now, outcome });
  }

  remove(namespace: string, name: string, now: number, outcome: Outcome): void {
    const row = this.#store.devices.get(formatDeviceId({ namespace, name }));
    if (row !== undefined) this.#membership.remove(row, now, outcome);
  }

  #applyDesired(
    id: string,
    wanted: readonly WantedProperty[],
    cloudVersion: number,
    { now, outcome }: { now: number; outcome: Outcome },
  ): void {
    const twins = this.#store.twins.list(id);
    const plan = planDesired({ twins, recorded: this.#store.devices.properties(id), wanted, cloudVersion, now });
    for (const record of plan.records) {
      this.#store.devices.putProperty(id, record);
      const { refusal: reason, name: property, desired } = record;
      if (reason !== null) this.#log.warn({ device: id, property, desired, reason }, 'a desired value was refused');
    }
    this.#store.saveTwins(id, plan.writes, plan.reports);
    for (const name of plan.forgotten) {
      this.#store.devices.removeProperty(id, name);
      this.#store.removeTwin(id, name);
    }
    if (plan.document.size === 0) return;
    const current = new Map([...twins, ...plan.writes]);
    for (const name of plan.forgotten) current.delete(name);
    outcome.publishChange(id, { eventId: '', document: plan.document, twins: current, now });
    outcome.changed.add(id);
  }

  #wanted({ metadata }: KubeObject, spec: Device['spec']): WantedProperty[] {
    const model = formatDeviceId({ namespace: metadata.namespace ?? DEFAULT_NAMESPACE, name: spec.deviceModelRef?.name ?? '' });
    const types = this.#models.get(model);
    return (spec.properties ?? []).map(({ name, desired }) => {
      const type = types?.get(name) ?? ownType(desired);
      return { name, ...(desired?.value === undefined ? {} : { desired: desired.value }), ...(type === undefined ? {} : { type }) };
    });
  }
}

/** `namespace/name` of an object. */
export function deviceIdOf({ metadata }: KubeObject): string {
  return formatDeviceId({ namespace: metadata.namespace ?? DEFAULT_NAMESPACE, name: metadata.name });
}

/** Until 1.14 (v1alpha2) twins travelled in messages of their own, and the object's properties stood elsewhere. */
function isOldSpec(spec: Device['spec']): boolean {
  return spec.properties === undefined && ('nodeSelector' in spec || 'propertyVisitors' in spec);
}

function ownType(desired: DeviceProperty['desired']): string | undefined {
  const type = desired?.metadata?.['type'];
  return type !== undefined && isTwinType(type) ? type : undefined;
}
