import type { ApiResource } from '../../../../protocol/kubernetes.ts';
import { isObject, type JsonObject } from './json.ts';
import { definitionName, RAW_DEFINITIONS } from './openapi-data.ts';
import type { ResourceDescription } from './resource-description.ts';
import type { SchemaNode } from './schema-node.ts';
import { SUBRESOURCE_KINDS } from './subresource-kinds.ts';

export type OpenApiVersion = 2 | 3;

const OLD_PREFIX = '#/definitions/';
const PREFIXES = { 2: OLD_PREFIX, 3: '#/components/schemas/' } as const;
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** What OpenAPI v2 cannot say, or what its readers at kubectl do not take. */
const NOT_IN_V2 = ['nullable', 'default', 'oneOf', 'anyOf', 'allOf', 'not'];
const KIND_TEXT =
  'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds';
const API_VERSION_TEXT =
  'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources';

/** The name of a resource's schema: `io.k8s.api.core.v1.Pod`, `com.example.v1.Thing`. */
export function schemaName({ group, version, kind }: ApiResource): string {
  return definitionName({ group, version, kind }) ?? [...group.split('.').reverse(), version, kind].join('.');
}

/** A reference to a schema. */
export function reference(name: string, version: OpenApiVersion): JsonObject {
  return { $ref: `${PREFIXES[version]}${name}` };
}

/** A reference to one of the types of meta/v1. */
export function metaReference(kind: 'DeleteOptions' | 'ListMeta' | 'ObjectMeta' | 'Patch' | 'Status', version: OpenApiVersion): JsonObject {
  return reference(`${META}.${kind}`, version);
}

/** The schemas of some resources and of all that they refer to. */
export function schemasOf(resources: readonly ResourceDescription[], version: OpenApiVersion): JsonObject {
  const builtin = new Set<string>();
  const custom: [string, JsonObject][] = [];
  for (const entry of resources) {
    for (const subresource of entry.subresources) {
      const kind = SUBRESOURCE_KINDS[subresource];
      if (kind !== undefined) reach(definitionName(kind) ?? '', builtin);
    }
    const name = schemaName(entry.resource);
    if (Object.hasOwn(RAW_DEFINITIONS, name)) [name, `${name}List`].forEach((root) => reach(root, builtin));
    else custom.push([name, kindSchema(entry, version)], [`${name}List`, listSchema(entry, version)]);
  }
  for (const kind of ['DeleteOptions', 'ListMeta', 'ObjectMeta', 'Patch', 'Status', 'WatchEvent']) reach(`${META}.${kind}`, builtin);
  const definitions = [...builtin].map((name): [string, unknown] => [name, inVersion(RAW_DEFINITIONS[name], version)]);
  return Object.fromEntries([...definitions, ...custom].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function reach(name: string, reached: Set<string>): void {
  const definition = RAW_DEFINITIONS[name];
  if (definition === undefined || reached.has(name)) return;
  reached.add(name);
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const target = (node as JsonObject)['$ref'];
    if (typeof target === 'string') reach(target.slice(OLD_PREFIX.length), reached);
    else Object.values(node).forEach(visit);
  };
  visit(definition);
}

/** A built-in definition; v3 has other references, and says what an int-or-string takes. */
function inVersion(node: unknown, version: OpenApiVersion): unknown {
  if (version === 2) return node;
  if (Array.isArray(node)) return node.map((element) => inVersion(element, version));
  if (!isObject(node)) return node;
  const { $ref: target, ...rest } = node;
  if (typeof target === 'string') {
    const moved = reference(target.slice(OLD_PREFIX.length), version);
    // Nothing may stand beside $ref in OpenAPI 3.0.
    return Object.keys(rest).length === 0 ? moved : { ...rest, allOf: [moved] };
  }
  const result = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inVersion(value, version)]));
  if (node['format'] !== 'int-or-string') return result;
  return { ...result, type: undefined, oneOf: [{ type: 'integer' }, { type: 'string' }] };
}

function kindSchema({ resource, schema }: ResourceDescription, version: OpenApiVersion): JsonObject {
  const own = version === 2 ? (withoutV3(schema) as SchemaNode) : schema;
  return {
    ...own,
    properties: {
      ...own.properties,
      apiVersion: { description: API_VERSION_TEXT, type: 'string' },
      kind: { description: KIND_TEXT, type: 'string' },
      metadata: described("Standard object's metadata.", metaReference('ObjectMeta', version), version),
    },
    'x-kubernetes-group-version-kind': [gvkOf(resource)],
  };
}

function listSchema({ resource }: ResourceDescription, version: OpenApiVersion): JsonObject {
  const { kind } = resource;
  const items = reference(schemaName(resource), version);
  return {
    description: `${kind}List is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { description: API_VERSION_TEXT, type: 'string' },
      items: { description: `List of ${resource.plural}.`, type: 'array', items },
      kind: { description: KIND_TEXT, type: 'string' },
      metadata: described('Standard list metadata.', metaReference('ListMeta', version), version),
    },
    'x-kubernetes-group-version-kind': [{ ...gvkOf(resource), kind: `${kind}List` }],
  };
}

/** The group, version and kind, as the documents' extension has them. */
export function gvkOf({ group, version, kind }: ApiResource): JsonObject {
  return { group, version, kind };
}

function described(description: string, target: JsonObject, version: OpenApiVersion): JsonObject {
  return version === 2 ? { description, ...target } : { description, allOf: [target] };
}

/** A structural schema in OpenAPI v2; field names are left alone. */
function withoutV3(schema: SchemaNode): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (NOT_IN_V2.includes(key)) continue;
    if (key === 'properties')
      result[key] = Object.fromEntries(Object.entries(value as object).map(([name, child]) => [name, withoutV3(child as SchemaNode)]));
    else if (key === 'items' || (key === 'additionalProperties' && isObject(value))) result[key] = withoutV3(value as SchemaNode);
    else result[key] = value as unknown;
  }
  // A nullable value has no type in v2, or kubectl would refuse the null.
  if (schema.nullable === true) Reflect.deleteProperty(result, 'type');
  return result;
}
