import { twinTypeOf } from '../protocol/devices.ts';
import type { Device, DeviceModel, DeviceProperty, DeviceStatus, Twin } from '../protocol/devices.ts';

/** One property of a device: what is wanted and what is. Part of the JSON of get-twin and watch. */
export interface TwinRow {
  readonly property: string;
  readonly desired?: string;
  readonly reported?: string;
  /** `int`, `float`, `string` or `boolean`. */
  readonly type?: string;
  /** When the report was made, RFC 3339. */
  readonly updated?: string;
}

/** What is known of one device. `status` is absent where only Device.status exists: up to KubeEdge 1.22, and at the edge. */
export interface DeviceView {
  readonly device: Device;
  readonly status?: DeviceStatus | undefined;
  readonly model?: DeviceModel | undefined;
}

/** The device's properties in the order of its spec; the newer kind of status wins over the older one. */
export function twinRows({ device, status, model }: DeviceView): TwinRow[] {
  const twins = new Map((status?.status?.twins ?? device.status?.twins ?? []).map((twin) => [twin.propertyName, twin]));
  const specs = new Map((device.spec?.properties ?? []).map((property) => [property.name, property]));
  const types = new Map((model?.spec?.properties ?? []).map(({ name, type }) => [name, twinTypeOf(type)]));
  return [...new Set([...specs.keys(), ...twins.keys()])].map((property) =>
    rowOf(property, specs.get(property), twins.get(property), types.get(property)),
  );
}

function rowOf(property: string, spec: DeviceProperty | undefined, twin: Twin | undefined, modelType: string | undefined): TwinRow {
  const { reported, observedDesired } = twin ?? {};
  const metadata = { ...observedDesired?.metadata, ...reported?.metadata };
  const row = {
    desired: spec?.desired?.value || observedDesired?.value,
    reported: reported?.value,
    type: modelType ?? metadata['type'],
    updated: reported?.value ? timeOf(metadata['timestamp']) : undefined,
  };
  return { property, ...Object.fromEntries(Object.entries(row).filter(([, value]) => value)) };
}

/** Online, offline, …; undefined when nothing was reported. */
export function stateOf({ device, status }: DeviceView): string | undefined {
  return status?.status?.state ?? device.status?.state;
}

/** The timestamps of twins are milliseconds as text (KubeEdge reference, devices). */
export function timeOf(timestamp: string | undefined): string | undefined {
  const ms = Number(timestamp);
  return timestamp && Number.isSafeInteger(ms) && ms > 0 && ms < 8.64e15 ? new Date(ms).toISOString() : undefined;
}
