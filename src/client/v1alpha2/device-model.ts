import * as v from 'valibot';
import type { DeviceModel, ModelProperty, PropertyType } from '../../protocol/devices.ts';
import { apiVersionOf, RESOURCES } from '../../protocol/kubernetes.ts';
import type { KubeObject } from '../../protocol/kubernetes.ts';
import { cannot, convertMetadata, readOld } from './conversion.ts';
import type { Converted, Loss } from './conversion.ts';

const accessMode = v.exactOptional(v.picklist(['ReadWrite', 'ReadOnly']));
const number = v.exactOptional(v.number());
const numeric = v.strictObject({ accessMode, defaultValue: number, minimum: number, maximum: number, unit: v.exactOptional(v.string()) });
const types = v.strictObject({
  int: v.exactOptional(numeric),
  double: v.exactOptional(numeric),
  float: v.exactOptional(numeric),
  string: v.exactOptional(v.strictObject({ accessMode, defaultValue: v.exactOptional(v.string()) })),
  boolean: v.exactOptional(v.strictObject({ accessMode, defaultValue: v.exactOptional(v.boolean()) })),
  bytes: v.exactOptional(v.strictObject({ accessMode })),
});
const property = v.strictObject({ name: v.string(), description: v.exactOptional(v.string()), type: types });
const schema = v.strictObject({
  status: v.strictObject({}),
  spec: v.strictObject({ protocol: v.exactOptional(v.string()), properties: v.optional(v.array(property), []) }),
});

type OldProperty = v.InferOutput<typeof property>;
/** What the types have together. */
interface OldType {
  readonly accessMode?: 'ReadWrite' | 'ReadOnly';
  readonly defaultValue?: number | string | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly unit?: string;
}

/**
 * A DeviceModel of v1alpha2 (fields of KubeEdge 1.14.5, reference/devices.md §2) as v1beta1: the type is a word, limits are texts.
 * @throws KedgeError INVALID_INPUT naming the key that cannot be converted
 */
export function convertDeviceModel(old: KubeObject): Converted<DeviceModel> {
  const { spec } = readOld(old, schema);
  const losses: Loss[] = [];
  const properties = spec.properties.map((one, index) => convertProperty(old, one, `spec.properties[${index}]`, losses));
  const object: DeviceModel = {
    apiVersion: apiVersionOf(RESOURCES.deviceModel),
    kind: RESOURCES.deviceModel.kind,
    metadata: convertMetadata(old.metadata, losses),
    spec: { ...(spec.protocol !== undefined && { protocol: spec.protocol }), properties },
  };
  return { object, losses };
}

function convertProperty(old: KubeObject, { name, description, type }: OldProperty, path: string, losses: Loss[]): ModelProperty {
  const [given, second] = Object.entries(type) as [keyof typeof type, OldType][];
  if (given === undefined) throw cannot(old, `${path}.type`, 'it has none', 'give one: int, float, double, string, boolean or bytes');
  if (second !== undefined) throw cannot(old, `${path}.type`, `it has two, ${given[0]} and ${second[0]}`, 'leave one of them');
  const [word, { accessMode: mode, defaultValue, minimum, maximum, unit }] = given;
  const at = `${path}.type.${word}`;
  if (mode === undefined) throw cannot(old, `${at}.accessMode`, 'it is missing', 'add accessMode: ReadWrite, or ReadOnly');
  if (defaultValue !== undefined) {
    losses.push({
      path: `${at}.defaultValue`,
      why: `a model has no defaults any more; desire ${JSON.stringify(defaultValue)} in the device`,
    });
  }
  const limit = (key: 'minimum' | 'maximum', value: number | undefined): Partial<Record<typeof key, string>> => {
    if (value === undefined) return {};
    if (word === 'int' && !Number.isSafeInteger(value)) {
      throw cannot(
        old,
        `${at}.${key}`,
        `${value} is no whole number that is read exactly`,
        'write the model as v1beta1, where it is a text',
      );
    }
    return { [key]: String(value) };
  };
  return {
    name,
    ...(description !== undefined && { description }),
    type: word.toUpperCase() as PropertyType,
    accessMode: mode,
    ...limit('minimum', minimum),
    ...limit('maximum', maximum),
    ...(unit !== undefined && { unit }),
  };
}
