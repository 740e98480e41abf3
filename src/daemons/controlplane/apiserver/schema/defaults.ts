import { getOwn, isObject, setOwn, type JsonObject } from './json.ts';
import { childSchema, type SchemaNode } from './schema-node.ts';

/**
 * Fills in a structural schema's defaults where a value is missing (or is a null that the schema does not take). Returns a copy;
 * `object` is not changed.
 */
export function applyDefaults<T>(object: T, schema: SchemaNode): T {
  return withDefaults(object, schema) as T;
}

function withDefaults(value: unknown, schema: SchemaNode): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((element) => withDefaults(element, items));
  }
  if (!isObject(value)) return value;
  const result: JsonObject = { ...value };
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const current = getOwn(result, key);
    const missing = current === undefined || (current === null && property.nullable !== true);
    if (missing && property.default !== undefined) setOwn(result, key, structuredClone(property.default));
  }
  for (const [key, child] of Object.entries(result)) {
    const property = childSchema(schema, key);
    if (property !== undefined) setOwn(result, key, withDefaults(child, property));
  }
  return result;
}
