import type { Logger } from '../../../kernel/log.ts';
import { parseDeviceSpec, parseModelRules } from '../../../protocol/device-spec.ts';
import type { DeviceSpec, PropertySpec } from '../../../protocol/device-spec.ts';
import { twinTypeOf } from '../../../protocol/devices.ts';
import type { PropertyRules } from '../../../protocol/property-rules.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { DEFAULT_NAMESPACE, formatDeviceId } from '../../../protocol/topics.ts';
import type { DeviceId } from '../../../protocol/topics.ts';
import { planDesired } from './desired-plan.ts';
import type { DesiredRequest } from './desired-plan.ts';
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
  /** What it says of each property, by `namespace/name` of the model. */
  readonly #models = new Map<string, ReadonlyMap<string, PropertyRules>>();

  constructor(store: DeviceStore, membership: Membership, log: Logger) {
    this.#store = store;
    this.#membership = membership;
    this.#log = log;
  }

  /** Takes over a DeviceModel. The devices that name it are to be applied again. */
  learn(model: KubeObject): void {
    const id = deviceIdOf(model);
    const rules = parseModelRules(model);
    if (rules === undefined) this.#log.error({ model: id }, 'a DeviceModel cannot be read, its types are not known');
    this.#models.set(id, rules ?? new Map());
  }

  forgetModel(model: DeviceId): void {
    this.#models.delete(formatDeviceId(model));
  }

  /** Takes over the Device object of this id: its membership, then its desired values. Without an object the device goes. */
  apply(id: string, object: KubeObject | undefined, now: number, outcome: Outcome): void {
    const known = this.#store.devices.get(id);
    const { uid = '', labels, resourceVersion = '' } = object?.metadata ?? {};
    // It went, or was deleted and made again while this edge was away.
    if (known !== undefined && (object === undefined || isAnother(known.uid, uid))) this.#membership.remove(known, now, outcome);
    if (object === undefined) return;
    const spec = parseDeviceSpec(object);
    this.#membership.add({ id, uid, description: labels?.['description'] ?? '', ...plainId(object, spec) }, now, outcome);
    if (spec === undefined) this.#log.error({ device: id }, 'the spec of a Device cannot be read');
    if (spec === undefined) return;
    const cloudVersion = Number.parseInt(resourceVersion, 10) || 0;
    this.#applyDesired(id, { wanted: this.#wanted(object, spec), cloudVersion, version: spec.version }, { now, outcome });
  }

  #applyDesired(
    id: string,
    { version, ...desired }: Pick<DesiredRequest, 'wanted' | 'cloudVersion'> & Pick<DeviceSpec, 'version'>,
    { now, outcome }: { now: number; outcome: Outcome },
  ): void {
    const twins = this.#store.twins.list(id);
    const plan = planDesired({ twins, recorded: this.#store.devices.properties(id), ...desired, now });
    for (const record of plan.records) {
      this.#store.devices.putProperty(id, record, version === 'v1alpha2');
      const { refusal: reason, name: property, desired } = record;
      if (reason !== null) this.#log.warn({ device: id, property, desired, reason }, 'a desired value was refused');
    }
    this.#store.saveTwins(id, { twins, ...plan, source: 'cloud', now });
    for (const name of plan.forgotten) {
      this.#store.devices.removeProperty(id, name);
      this.#store.removeTwin(id, name);
    }
    if (plan.reports.size > 0) outcome.changed.add(id);
    if (plan.document.size === 0) return;
    const current = new Map([...twins, ...plan.writes]);
    for (const name of plan.forgotten) current.delete(name);
    outcome.publishChange(id, { eventId: '', document: plan.document, twins: current, now });
    outcome.changed.add(id);
  }

  #wanted({ metadata }: KubeObject, { model, properties }: DeviceSpec): PropertySpec[] {
    const rules = this.#models.get(formatDeviceId({ namespace: metadata.namespace ?? DEFAULT_NAMESPACE, name: model }));
    return properties.map((property) => ({ ...property, ...saidOf(rules?.get(property.name)) }));
  }
}

/** `namespace/name` of an object. */
export function deviceIdOf({ metadata }: KubeObject): string {
  return formatDeviceId({ namespace: metadata.namespace ?? DEFAULT_NAMESPACE, name: metadata.name });
}

/** The cloud of a v1alpha2 device leaves the namespace out, and its membership message may have been missed. */
function plainId({ metadata }: KubeObject, spec: DeviceSpec | undefined): { cloudId?: string } {
  return spec?.version === 'v1alpha2' ? { cloudId: metadata.name } : {};
}

function isAnother(known: string, uid: string): boolean {
  return known !== '' && uid !== '' && known !== uid;
}

/** The model's type goes before the device's own. */
function saidOf(rules: PropertyRules | undefined): Pick<PropertySpec, 'type' | 'rules'> {
  const type = twinTypeOf(rules?.type);
  return { ...(rules === undefined ? {} : { rules }), ...(type === undefined ? {} : { type }) };
}
