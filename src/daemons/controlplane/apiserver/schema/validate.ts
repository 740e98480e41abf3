import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { decodeEither } from './either-schema.ts';
import { jsonType } from './go-format.ts';
import { checkDepth, getOwn, isObject, setOwn, type JsonObject } from './json.ts';
import { nameOfDefinition } from './openapi-data.ts';
import { BadScalar, decodeScalar, takesNumbers } from './scalar.ts';
import type { SchemaNode } from './schema-node.ts';

/** What to do with unknown fields (`fieldValidation` of the Kubernetes API). */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** A request body that is no such object: HTTP 400, reason BadRequest. */
export class InvalidObject extends Error {
  override readonly name = 'InvalidObject';
  readonly code = 400;
}

interface Decoding {
  readonly preserveUnknown: boolean;
  /** Paths of unknown fields. */
  readonly unknown: string[];
}

const UNREPORTED = (): Decoding => ({ preserveUnknown: false, unknown: [] });

/** Where a value stands: `path` with indices for people, `goField` as Go's decoder names it. */
interface Place {
  readonly path: string;
  readonly goPath: string;
  readonly struct: string;
}

/**
 * Makes an object of a built-in kind out of parsed JSON: drops (Ignore, Warn) or refuses (Strict) unknown fields, checks types, writes
 * quantities in their canonical form and times in UTC, drops nulls and, as Go does, lists and maps that are empty. `preserveUnknown` keeps unknown fields. Throws InvalidObject. The input is not changed.
 */
export function decodeObject(
  input: unknown,
  schema: SchemaNode,
  mode: FieldValidation,
  options: { preserveUnknown?: boolean } = {},
): { object: KubeObject; warnings: string[] } {
  const decoding: Decoding = { preserveUnknown: options.preserveUnknown ?? false, unknown: [] };
  if (!checkDepth(input)) throw new InvalidObject('exceeded max depth');
  if (!isObject(input)) throw new InvalidObject(`json: cannot unmarshal ${jsonType(input)} into Go value of type ${goTypeOf(schema)}`);
  const prefix = cannotBeHandled(input);
  let object: unknown;
  try {
    object = decode(input, schema, { path: '', goPath: '', struct: '' }, decoding);
  } catch (error) {
    throw error instanceof BadScalar ? new InvalidObject(`${prefix}${error.message}`) : error;
  }
  const decoded = withMetadata(object as JsonObject);
  return { object: decoded, warnings: reportUnknown(decoding.unknown, mode, prefix) };
}

/** How many unknown fields are told of. */
export const MAX_UNKNOWN_FIELDS = 100;

/** Strict: throws InvalidObject if there are unknown fields; Warn: returns one warning for each. */
function reportUnknown(paths: readonly string[], mode: FieldValidation, prefix: string): string[] {
  const texts = paths.slice(0, MAX_UNKNOWN_FIELDS).map((path) => `unknown field "${path}"`);
  if (mode === 'Strict' && texts.length > 0) throw new InvalidObject(`${prefix}strict decoding error: ${texts.join(', ')}`);
  return mode === 'Warn' ? texts : [];
}

/** How the API server begins such a message: `Pod in version "v1" cannot be handled as a Pod: `. */
function cannotBeHandled(input: JsonObject): string {
  const [apiVersion, kind] = [getOwn(input, 'apiVersion'), getOwn(input, 'kind')];
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return '';
  return `${kind} in version ${JSON.stringify(apiVersion.split('/').at(-1))} cannot be handled as a ${kind}: `;
}

function withMetadata(object: JsonObject): KubeObject {
  const metadata = object['metadata'];
  return { ...object, metadata: isObject(metadata) ? metadata : {} } as unknown as KubeObject;
}

function decode(value: unknown, schema: SchemaNode, place: Place, decoding: Decoding): unknown {
  switch (schema.type) {
    case 'object':
      return decodeMap(expectType(value, 'object', schema, place), schema, place, decoding);
    case 'array':
      return decodeList(expectType(value, 'array', schema, place), schema, place, decoding);
    case 'string':
      if (typeof value === 'number' && takesNumbers(schema)) return scalarAt(value, schema, place);
      return scalarAt(expectType(value, 'string', schema, place), schema, place);
    case 'integer':
    case 'number':
      return scalarAt(expectType(value, 'number', schema, place), schema, place);
    case 'boolean':
      return expectType(value, 'boolean', schema, place);
    default:
      // Go reads schemas below these with decoders of their own, which pass over unknown fields and name the path from there.
      return decodeEither(value, schema, (inner, props) => decode(inner, props, { path: '', goPath: '', struct: '' }, UNREPORTED()));
  }
}

interface JsonTypes {
  object: JsonObject;
  array: unknown[];
  string: string;
  number: number;
  boolean: boolean;
}

function expectType<T extends keyof JsonTypes>(value: unknown, type: T, schema: SchemaNode, place: Place): JsonTypes[T] {
  if (jsonType(value) === type) return value as JsonTypes[T];
  throw mismatch(jsonType(value), schema, place);
}

function mismatch(found: string, schema: SchemaNode, place: Place): BadScalar {
  const shown = found === 'boolean' ? 'bool' : found;
  const field = place.struct === '' ? `value` : `struct field ${place.struct}.${place.goPath}`;
  return new BadScalar(`json: cannot unmarshal ${shown} into Go ${field} of type ${goTypeOf(schema)}`);
}

function scalarAt(value: string | number, schema: SchemaNode, place: Place): unknown {
  try {
    return decodeScalar(value, schema);
  } catch (error) {
    if (error instanceof BadScalar && typeof value === 'number') throw mismatch(error.message, schema, place);
    throw error;
  }
}

function decodeMap(value: JsonObject, schema: SchemaNode, place: Place, decoding: Decoding): JsonObject {
  const free = schema.properties === undefined && schema.additionalProperties === undefined;
  if (free) return value;
  const result: JsonObject = {};
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const struct = values === undefined ? lastPart(nameOfDefinition(schema)) : place.struct;
  for (const [key, child] of Object.entries(value)) {
    const property = schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : values;
    const below = {
      path: place.path === '' ? key : `${place.path}.${key}`,
      goPath: values === undefined ? join(place.goPath, key) : place.goPath,
      struct,
    };
    if (property === undefined) {
      decoding.unknown.push(below.path);
      if (decoding.preserveUnknown) setOwn(result, key, child);
    } else if (values !== undefined || !isLeftOut(key, child, property, schema)) {
      setDefined(result, key, child === null ? zeroOf(property) : decode(child, property, below, decoding));
    }
  }
  return result;
}

function setDefined(object: JsonObject, key: string, value: unknown): void {
  if (value !== undefined) setOwn(object, key, value);
}

/** Written by Go also when they are empty; an empty managedFields resets them. */
const ALWAYS_WRITTEN = new Set(['rules', 'managedFields']);

/** Whether Go writes no such field: null, and lists and maps that are empty and need not be there. */
function isLeftOut(key: string, value: unknown, property: SchemaNode, { required = [] }: SchemaNode): boolean {
  if (value === null) return true;
  if (required.includes(key) || ALWAYS_WRITTEN.has(key)) return false;
  if (property.type === 'array') return Array.isArray(value) && value.length === 0;
  return typeof property.additionalProperties === 'object' && isObject(value) && Object.keys(value).length === 0;
}

function decodeList(value: unknown[], schema: SchemaNode, place: Place, decoding: Decoding): unknown[] {
  const items = schema.items ?? {};
  return value.map((element, index) => {
    if (element === null) return zeroOf(items);
    return decode(element, items, { ...place, path: `${place.path}[${index}]` }, decoding);
  });
}

/** What Go makes of a null inside a map or a list. */
function zeroOf(schema: SchemaNode): unknown {
  const zeros: Record<string, unknown> = { string: '', integer: 0, number: 0, boolean: false, array: [], object: {} };
  return schema.type === undefined ? null : zeros[schema.type];
}

/** A schema's type as Go's messages name it: `int64`, `[]v1.Container`, `map[string]string`. */
function goTypeOf(schema: SchemaNode): string {
  const name = nameOfDefinition(schema);
  if (name !== undefined) return name.split('.').slice(-2).join('.');
  if (schema.type === 'array') return `[]${goTypeOf(schema.items ?? {})}`;
  if (schema.type === 'object')
    return `map[string]${typeof schema.additionalProperties === 'object' ? goTypeOf(schema.additionalProperties) : 'interface {}'}`;
  if (schema.type === 'integer') return schema.format === 'int64' ? 'int64' : 'int32';
  return { number: 'float64', boolean: 'bool', string: 'string' }[schema.type ?? ''] ?? 'interface {}';
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
const lastPart = (name: string | undefined): string => name?.split('.').at(-1) ?? '';
