import { RESOURCES } from '../../../../protocol/kubernetes.ts';
import { definitionFor } from '../schema/openapi-data.ts';
import type { SchemaNode } from '../schema/schema-node.ts';
import { newerSchema, type AlwaysThere, alwaysThere } from './builtin-types.ts';

export type Scalar = 'string' | 'number' | 'boolean' | 'untyped';

/** What a value may be, and how it is owned. A type may take several forms; which one it is shows in the value. */
export interface FieldType {
  readonly scalar?: Scalar;
  readonly list?: ListType;
  readonly map?: MapType;
}

export interface ListType {
  /** As a whole, by value, or by keys. */
  readonly kind: 'atomic' | 'set' | 'map';
  readonly keys: readonly string[];
  /** Keys that an element may leave out. */
  readonly keyDefaults: Readonly<Record<string, unknown>>;
  readonly items: FieldType;
}

export interface MapType {
  readonly atomic: boolean;
  /** The type of a field that the schema names. */
  named(name: string): FieldType | undefined;
  /** The type of a field, named or not; undefined when there is no such field. */
  field(name: string): FieldType | undefined;
  /** The fields that are there, empty, even when the JSON leaves them out. */
  readonly always: AlwaysThere;
}

const UNTYPED: FieldType = {
  scalar: 'untyped',
  list: listType('atomic', [], {}, () => UNTYPED),
  map: { atomic: true, named: () => undefined, field: () => UNTYPED, always: {} },
};

/** What nothing says anything of: maps field by field, lists as a whole. */
export const DEDUCED: FieldType = {
  scalar: 'untyped',
  list: listType('atomic', [], {}, () => UNTYPED),
  map: { atomic: false, named: () => undefined, field: () => DEDUCED, always: {} },
};

const known = { declared: new WeakMap<SchemaNode, FieldType>(), open: new WeakMap<SchemaNode, FieldType>() };

/**
 * Reads a schema as Kubernetes' server-side apply does (kube-openapi schemaconv). `open`: something around it keeps unknown fields
 * (x-kubernetes-preserve-unknown-fields), which holds for all that is below.
 */
export function fieldType(schema: SchemaNode, open = false): FieldType {
  const keeps = open || schema['x-kubernetes-preserve-unknown-fields'] === true;
  const cache = keeps ? known.open : known.declared;
  let type = cache.get(schema);
  if (type === undefined) cache.set(schema, (type = convert(schema, keeps)));
  return type;
}

function convert(given: SchemaNode, open: boolean): FieldType {
  const schema = newerSchema(given);
  switch (schema.type) {
    case 'object':
      return { map: mapOf(schema, given, open) };
    case 'array':
      return { list: listOf(schema, open) };
    case 'string':
      return { scalar: schema.format === undefined || schema.format === 'byte' ? 'string' : 'untyped' };
    case 'integer':
    case 'number':
      return { scalar: 'number' };
    case 'boolean':
      return { scalar: 'boolean' };
    default:
      if (schema['x-kubernetes-int-or-string'] === true) return { scalar: 'untyped' };
      return { scalar: 'untyped', list: listOf(schema, open), map: mapOf(schema, given, open) };
  }
}

function listOf(schema: SchemaNode, open: boolean): ListType {
  const { items } = schema;
  const defaults: Record<string, unknown> = {};
  const [kind, keys] = listKind(schema);
  for (const key of keys) {
    const value = items === undefined ? undefined : newerSchema(items).properties?.[key]?.default;
    if (value !== undefined) defaults[key] = value;
  }
  return listType(kind, keys, defaults, () => (items === undefined ? UNTYPED : fieldType(items, open)));
}

function listKind(schema: SchemaNode): [ListType['kind'], readonly string[]] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== undefined) return [type, type === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : []];
  if (schema['x-kubernetes-patch-strategy']?.split(',').includes('merge') !== true) return ['atomic', []];
  const key = schema['x-kubernetes-patch-merge-key'];
  return key === undefined ? ['set', []] : ['map', [key]];
}

/** Types contain themselves, so what is below is read when it is asked for. */
function listType(kind: ListType['kind'], keys: readonly string[], keyDefaults: ListType['keyDefaults'], items: () => FieldType): ListType {
  return {
    kind,
    keys: [...keys].sort(),
    keyDefaults,
    get items() {
      return items();
    },
  };
}

const METADATA: SchemaNode = definitionFor(RESOURCES.configMap)?.properties?.['metadata'] ?? {};
const RESOURCE_FIELDS: Readonly<Record<string, SchemaNode>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: METADATA,
};

function mapOf(schema: SchemaNode, given: SchemaNode, open: boolean): MapType {
  const { additionalProperties: values } = schema;
  const isResource = schema['x-kubernetes-embedded-resource'] === true;
  const properties = { ...schema.properties, ...(isResource ? RESOURCE_FIELDS : {}) };
  const named = (name: string): FieldType | undefined => {
    if (!Object.hasOwn(properties, name)) return undefined;
    const property = properties[name] ?? {};
    // What is said beside a reference goes before what the referred says.
    return isResource && Object.hasOwn(RESOURCE_FIELDS, name) ? fieldType(property) : fieldType(property, open);
  };
  const isFree = values === true || (values === undefined && (open || Object.keys(properties).length === 0));
  const others = (): FieldType | undefined => (typeof values === 'object' ? fieldType(values, open) : isFree ? DEDUCED : undefined);
  return {
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    named,
    field: (name) => named(name) ?? others(),
    always: alwaysThere(given),
  };
}

const roots = new WeakMap<SchemaNode, FieldType>();

/** The type of a whole object. Schemas of custom resources leave out what every object has. */
export function objectType(schema: SchemaNode, isCustom: boolean): FieldType {
  if (!isCustom) return fieldType(schema);
  let type = roots.get(schema);
  if (type === undefined) roots.set(schema, (type = convert({ ...schema, 'x-kubernetes-embedded-resource': true }, keepsAll(schema))));
  return type;
}

function keepsAll(schema: SchemaNode): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true;
}
