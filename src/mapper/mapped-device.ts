import { unpackAny } from '../protocol/dmi-any.ts';
import type { DmiConfig, DmiDevice, DmiDeviceModel, DmiDeviceProperty } from '../protocol/dmi.ts';
import { twinTypeOf } from '../protocol/devices.ts';
import { DEFAULT_NAMESPACE, formatDeviceId } from '../protocol/topics.ts';
import type { ConfigData, MappedDevice, MappedProperty, PropertyType } from './driver.ts';

/** KubeEdge's mapper framework reads as often where a device's file says nothing. */
const DEFAULT_CYCLE_MS = 1_000;
/** No cycle is shorter. */
const SHORTEST_CYCLE_MS = 10;

/** A property with what the kit itself needs to know. */
export interface PlannedProperty extends MappedProperty {
  /** How often it is read, ms. */
  readonly collectCycleMs: number;
  /** How often it is sent to the edge at most, ms; 0: each time that it was read. */
  readonly reportCycleMs: number;
  readonly reportToCloud: boolean;
  readonly pushMethod: Readonly<Record<string, unknown>> | undefined;
  /** The text of its desired value; undefined for none. */
  readonly desired: string | undefined;
}

export interface PlannedDevice extends MappedDevice {
  /** `namespace/name`. */
  readonly id: string;
  readonly properties: readonly PlannedProperty[];
}

/** `namespace/name` of what the edge names; edges of KubeEdge 1.15 name no namespace. */
export function idOf({ namespace, name }: { namespace: string; name: string }): string {
  return formatDeviceId({ namespace: namespace === '' ? DEFAULT_NAMESPACE : namespace, name });
}

/** A device as the edge tells of it, with its model, for a driver. */
export function planDevice(device: DmiDevice, model: DmiDeviceModel | undefined): PlannedDevice {
  return {
    id: idOf(device),
    namespace: device.namespace === '' ? DEFAULT_NAMESPACE : device.namespace,
    name: device.name,
    model: device.spec.deviceModelReference,
    protocol: configOf(device.spec.protocol),
    properties: device.spec.properties.map((property) => planProperty(property, model)),
  };
}

/** True when only desired values differ. */
export function sameButDesired(a: PlannedDevice, b: PlannedDevice): boolean {
  const rest = (device: PlannedDevice): string =>
    JSON.stringify({ ...device, properties: device.properties.map((property) => ({ ...property, desired: undefined })) });
  return rest(a) === rest(b);
}

function planProperty(property: DmiDeviceProperty, model: DmiDeviceModel | undefined): PlannedProperty {
  const said = model?.spec.properties.find(({ name }) => name === property.name);
  const type = said?.type.toUpperCase();
  const { collectCycle, reportCycle, reportToCloud, pushMethod, desired } = property;
  return {
    name: property.name,
    type: twinTypeOf(type) === undefined ? undefined : (type as PropertyType),
    readOnly: said?.accessMode === 'ReadOnly',
    minimum: said?.minimum || undefined,
    maximum: said?.maximum || undefined,
    unit: said?.unit || undefined,
    visitor: configOf(property.visitors),
    collectCycleMs: Math.max(SHORTEST_CYCLE_MS, Number(collectCycle) || DEFAULT_CYCLE_MS),
    reportCycleMs: Math.max(0, Number(reportCycle)),
    reportToCloud,
    pushMethod: pushMethod ?? undefined,
    desired: desired?.value || undefined,
  };
}

function configOf(config: DmiConfig | null | undefined): ConfigData {
  const entries = Object.entries(config?.configData?.data ?? {}).map(([name, any]) => [name, unpackAny(any)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined));
}
