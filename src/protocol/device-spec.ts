import * as v from 'valibot';
import type { KubeObject } from './kubernetes.ts';
import type { PropertyRules } from './property-rules.ts';
import { isTwinType } from './twin-value.ts';

/** What a Device object asks of one of its twins. */
export interface PropertySpec {
  readonly name: string;
  /** Absent: nothing is desired. */
  readonly desired?: string;
  /** The type that the device itself names. */
  readonly type?: string;
  /** What its model says of it. */
  readonly rules?: PropertyRules;
  /** True: its mapper is asked to report it (`reportToCloud`). */
  readonly isReported?: true;
}

export interface DeviceSpec {
  /** Up to KubeEdge 1.14 v1alpha2: what is desired stands in `status.twins`, and the cloud stores no twin that does not stand there. */
  readonly version: 'v1alpha2' | 'v1beta1';
  /** Name of the DeviceModel, in the device's namespace; empty if there is none, or if types are not taken from it (v1alpha2). */
  readonly model: string;
  readonly properties: readonly PropertySpec[];
}

const desired = v.object({ value: v.nullish(v.string()), metadata: v.nullish(v.record(v.string(), v.unknown())) });
const device = v.object({
  deviceModelRef: v.nullish(v.object({ name: v.optional(v.string(), '') })),
  properties: v.nullish(v.array(v.object({ name: v.string(), desired: v.nullish(desired), reportToCloud: v.optional(v.unknown()) }))),
  nodeSelector: v.optional(v.unknown()),
  propertyVisitors: v.optional(v.unknown()),
});
const oldStatus = v.nullish(v.object({ twins: v.nullish(v.array(v.object({ propertyName: v.string(), desired: v.nullish(desired) }))) }));
// Until 1.14 the type was an object. What is no text says nothing.
const text = v.fallback(v.optional(v.string()), undefined);
const rules = v.object({ name: v.string(), type: text, accessMode: text, minimum: text, maximum: text });
const model = v.object({ properties: v.nullish(v.array(rules)) });

/** Reads the spec of a Device; undefined if it cannot be read. */
export function parseDeviceSpec(object: KubeObject): DeviceSpec | undefined {
  const parsed = v.safeParse(device, specOf(object));
  if (!parsed.success) return undefined;
  const { deviceModelRef, properties, nodeSelector, propertyVisitors } = parsed.output;
  if (properties === undefined && (nodeSelector !== undefined || propertyVisitors !== undefined)) return oldSpec(object);
  return { version: 'v1beta1', model: deviceModelRef?.name ?? '', properties: (properties ?? []).map(propertyOf) };
}

/** The types are those that the cloud's own messages carry. */
function oldSpec(object: KubeObject): DeviceSpec | undefined {
  const parsed = v.safeParse(oldStatus, (object as { status?: unknown }).status);
  if (!parsed.success) return undefined;
  const twins = parsed.output?.twins ?? [];
  return { version: 'v1alpha2', model: '', properties: twins.map(({ propertyName: name, ...twin }) => propertyOf({ name, ...twin })) };
}

/** What a DeviceModel says of each of its properties; undefined if the model cannot be read. */
export function parseModelRules(object: KubeObject): ReadonlyMap<string, PropertyRules> | undefined {
  const parsed = v.safeParse(model, specOf(object));
  if (!parsed.success) return undefined;
  return new Map((parsed.output.properties ?? []).map(({ name, ...said }) => [name, said]));
}

/** Whether a Device names this DeviceModel. */
export function usesModel(device: KubeObject, model: KubeObject): boolean {
  return device.metadata.namespace === model.metadata.namespace && parseDeviceSpec(device)?.model === model.metadata.name;
}

interface Property {
  name: string;
  desired?: v.InferOutput<typeof desired> | null | undefined;
  reportToCloud?: unknown;
}

function specOf(object: KubeObject): unknown {
  return (object as { spec?: unknown }).spec ?? {};
}

function propertyOf({ name, desired: wanted, reportToCloud }: Property): PropertySpec {
  const value = wanted?.value;
  const type = wanted?.metadata?.['type'];
  return {
    name,
    ...(value === undefined || value === null ? {} : { desired: value }),
    ...(typeof type === 'string' && isTwinType(type) ? { type } : {}),
    ...(reportToCloud === true ? { isReported: true } : {}),
  };
}
