import * as v from 'valibot';
import { packAny } from './dmi-any.ts';
import type {
  DmiConfig,
  DmiCustomizedValue,
  DmiDevice,
  DmiDeviceModel,
  DmiDeviceProperty,
  DmiModelProperty,
  DmiTwinProperty,
} from './dmi.ts';
import type { KubeObject } from './kubernetes.ts';
import { DEFAULT_NAMESPACE } from './topics.ts';

const text = v.nullish(v.string(), '');
const flag = v.nullish(v.boolean(), false);
const count = v.nullish(v.pipe(v.number(), v.safeInteger()), 0);
const config = v.nullish(v.object({ protocolName: text, configData: v.nullish(v.record(v.string(), v.unknown())) }));
const listOf = <T extends v.GenericSchema>(item: T) => v.nullish(v.array(item), []);
const property = v.object({
  name: v.string(),
  desired: v.nullish(v.object({ value: text, metadata: v.nullish(v.record(v.string(), v.string()), {}) })),
  visitors: config,
  reportCycle: count,
  collectCycle: count,
  reportToCloud: flag,
  pushMethod: v.nullish(v.record(v.string(), v.unknown())),
});
const deviceSpec = v.object({
  deviceModelRef: v.nullish(v.object({ name: text })),
  protocol: config,
  properties: listOf(property),
  methods: listOf(v.object({ name: v.string(), description: text, propertyNames: listOf(v.string()) })),
});
const deviceStatus = v.object({ reportToCloud: flag, reportCycle: count });
const modelSpec = v.object({
  protocol: text,
  protocolConfigData: v.nullish(v.record(v.string(), v.unknown())),
  properties: listOf(
    v.object({
      name: v.string(),
      description: text,
      type: text,
      accessMode: text,
      minimum: text,
      maximum: text,
      unit: text,
      visitors: config,
    }),
  ),
});

type Config = v.InferOutput<typeof config>;
type ModelSpec = v.InferOutput<typeof modelSpec>;

/** A Device or DeviceModel that cannot be given to a mapper. */
export class NotForMappers extends Error {}

/** Which protocol's mappers a Device is for; '' if it names none. */
export function protocolOf(object: KubeObject): string {
  const parsed = v.safeParse(v.object({ protocol: config }), specOf(object));
  return (parsed.success && parsed.output.protocol?.protocolName) || '';
}

/** The name of the model that a Device refers to, in its namespace; '' if it names none. */
export function modelNameOf(object: KubeObject): string {
  const parsed = v.safeParse(v.object({ deviceModelRef: deviceSpec.entries.deviceModelRef }), specOf(object));
  return (parsed.success && parsed.output.deviceModelRef?.name) || '';
}

/**
 * A Device of v1beta1 as a mapper gets it. What its model says of protocol and visitors goes below what the device itself says, as from KubeEdge 1.23 on.
 * @throws NotForMappers naming the field that has no form in DMI
 */
export function dmiDevice(object: KubeObject, model?: KubeObject): DmiDevice {
  const spec = read(deviceSpec, specOf(object), 'spec');
  const { reportToCloud, reportCycle } = read(deviceStatus, (object as { status?: unknown }).status ?? {}, 'status');
  const defaults = model === undefined ? undefined : read(modelSpec, specOf(model), `the model ${model.metadata.name}`);
  return {
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? DEFAULT_NAMESPACE,
    spec: {
      deviceModelReference: spec.deviceModelRef?.name ?? '',
      protocol: packConfig(spec.protocol, { configData: defaults?.protocolConfigData ?? {} }, 'spec.protocol'),
      properties: spec.properties.map((each, index) => dmiProperty(each, defaults, `spec.properties[${index}]`)),
      methods: spec.methods,
    },
    status: { twins: [], reportToCloud, reportCycle },
  };
}

/** A DeviceModel of v1beta1 as a mapper gets it. @throws NotForMappers */
export function dmiModel(object: KubeObject): DmiDeviceModel {
  const { properties } = read(modelSpec, specOf(object), 'spec');
  const plain = properties.map(({ name, description, type, accessMode, minimum, maximum, unit }): DmiModelProperty => {
    return { name, description, type, accessMode, minimum, maximum, unit };
  });
  return {
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? DEFAULT_NAMESPACE,
    spec: { properties: plain, commands: [] },
  };
}

function dmiProperty(
  { desired, visitors, pushMethod, ...rest }: v.InferOutput<typeof property>,
  model: ModelSpec | undefined,
  path: string,
): DmiDeviceProperty {
  const inherited = model?.properties.find(({ name }) => name === rest.name)?.visitors;
  return {
    ...rest,
    desired: (desired ?? null) satisfies DmiTwinProperty | null,
    visitors: packConfig(visitors, inherited, `${path}.visitors`),
    pushMethod: pushMethod === null || pushMethod === undefined ? null : dmiPushMethod(pushMethod, `${path}.pushMethod`),
  };
}

/** The API's field names differ from DMI's in places. */
function dmiPushMethod({ http, dbMethod, anomalyDetection, ...rest }: Record<string, unknown>, path: string): Record<string, unknown> {
  return {
    ...rest,
    ...(isRecord(http) ? { http: renamed(http, { hostName: 'hostname', requestPath: 'requestpath' }) } : {}),
    ...(isRecord(dbMethod) ? { dbMethod: dmiDatabase(dbMethod) } : {}),
    ...(isRecord(anomalyDetection) ? { anomalyDetection: packData(anomalyDetection, `${path}.anomalyDetection`) } : {}),
  };
}

function dmiDatabase({ TDEngine: engine, ...rest }: Record<string, unknown>): Record<string, unknown> {
  if (!isRecord(engine)) return rest;
  const { TDEngineClientConfig: client } = engine;
  return { ...rest, tdengine: isRecord(client) ? { tdEngineClientConfig: renamed(client, { dbName: 'dbname' }) } : {} };
}

function renamed(fields: Record<string, unknown>, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [names[name] ?? name, value]));
}

function packConfig(own: Config, below: Config | { configData: Record<string, unknown> }, path: string): DmiConfig | null {
  if (!own && !below) return null;
  const inherited = below && 'protocolName' in below ? below.protocolName : '';
  const configData = { ...below?.configData, ...own?.configData };
  return { protocolName: own?.protocolName || inherited, configData: packData(configData, `${path}.configData`) };
}

function packData(values: Record<string, unknown>, path: string): DmiCustomizedValue {
  const data = Object.entries(values).map(([name, value]) => {
    const packed = packAny(value);
    if (packed === undefined) throw new NotForMappers(`${path}.${name} is no string, number or truth value: a mapper cannot be told of it`);
    return [name, packed] as const;
  });
  return { data: Object.fromEntries(data) };
}

function read<T extends v.GenericSchema>(schema: T, value: unknown, where: string): v.InferOutput<T> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new NotForMappers(`${[where, v.getDotPath(issue) ?? ''].filter((part) => part !== '').join('.')}: ${issue.message}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function specOf(object: KubeObject): unknown {
  return (object as { spec?: unknown }).spec ?? {};
}
