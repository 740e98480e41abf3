import { isObject, setOwn, type JsonObject } from './json.ts';
import { childSchema, type SchemaNode } from './schema-node.ts';

/** What every object of the API has, whatever its schema says; decoded elsewhere. */
const TYPE_AND_METADATA = new Set(['apiVersion', 'kind', 'metadata']);
const PRESERVE = 'x-kubernetes-preserve-unknown-fields';

/**
 * A copy of a custom resource without the fields that its structural schema does not know, and without nulls where the schema takes none.
 * `pruned` collects the paths of unknown fields.
 */
export function pruneResource(object: JsonObject, schema: SchemaNode, pruned: string[] = []): JsonObject {
  return pruneObject(object, schema, '', true, pruned);
}

function prune(value: unknown, schema: SchemaNode, path: string, pruned: string[]): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((element, index) => prune(element, items, `${path}[${index}]`, pruned));
  }
  if (!isObject(value)) return value;
  return pruneObject(value, schema, path, schema['x-kubernetes-embedded-resource'] === true, pruned);
}

function pruneObject(object: JsonObject, schema: SchemaNode, path: string, isResource: boolean, pruned: string[]): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    const place = path === '' ? key : `${path}.${key}`;
    const property = childSchema(schema, key);
    if (isResource && TYPE_AND_METADATA.has(key)) setOwn(result, key, value);
    else if (property !== undefined) {
      const refusedNull = value === null && property.nullable !== true && property.type !== undefined;
      if (!refusedNull) setOwn(result, key, prune(value, property, place, pruned));
    } else if (schema[PRESERVE] === true || schema.additionalProperties === true) setOwn(result, key, value);
    else pruned.push(place);
  }
  return result;
}
