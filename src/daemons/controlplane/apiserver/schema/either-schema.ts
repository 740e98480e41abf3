import { isObject } from './json.ts';
import { definitionFor, nameOfDefinition } from './openapi-data.ts';
import { BadScalar } from './scalar.ts';
import type { SchemaNode } from './schema-node.ts';

const PREFIX = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOr';

/** A schema, as it stands in a definition. */
const SCHEMA: SchemaNode =
  definitionFor({ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' })?.properties?.['spec']?.properties?.[
    'versions'
  ]?.items?.properties?.['schema']?.properties?.['openAPIV3Schema'] ?? {};

/**
 * Decodes what is a schema or something else: JSONSchemaPropsOrArray (`items`), -OrBool (`additionalProperties`) and -OrStringArray
 * (`dependencies`), whose OpenAPI has no type. Undefined where Go's own decoders make nothing of it; any other value without a type stays as it is.
 * @throws BadScalar, and what `decode` throws
 */
export function decodeEither(value: unknown, schema: SchemaNode, decode: (value: unknown, schema: SchemaNode) => unknown): unknown {
  const name = nameOfDefinition(schema);
  if (name?.startsWith(PREFIX) !== true) return value;
  if (isObject(value)) return decode(value, SCHEMA);
  switch (name.slice(PREFIX.length)) {
    case 'Bool':
      if (typeof value === 'boolean') return value;
      throw new BadScalar('boolean or JSON schema expected');
    case 'Array':
      if (!Array.isArray(value) || value.length === 0) return undefined;
      return value.map((element) => decode(element ?? {}, SCHEMA));
    default:
      return Array.isArray(value) && value.every((element) => typeof element === 'string') ? value : undefined;
  }
}
