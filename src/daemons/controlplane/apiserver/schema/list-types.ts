import { duplicate, type FieldError } from './field-error.ts';
import { isObject } from './json.ts';
import { childSchema, type SchemaNode } from './schema-node.ts';

/** Finds elements that occur twice in lists of x-kubernetes-list-type `set`, or whose keys do in `map`. */
export function duplicatesIn(value: unknown, schema: SchemaNode, field = ''): FieldError[] {
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    return [
      ...duplicateElements(value, schema, field),
      ...value.flatMap((element, index) => duplicatesIn(element, items, `${field}[${index}]`)),
    ];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const property = childSchema(schema, key);
    return property === undefined ? [] : duplicatesIn(child, property, field === '' ? key : `${field}.${key}`);
  });
}

function duplicateElements(list: readonly unknown[], schema: SchemaNode, field: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const identify = (element: unknown): unknown => (type === 'set' ? element : keyOf(element, keys, schema.items));
  const seen = new Set<string>();
  return list.flatMap((element, index) => {
    const identity = identify(element);
    const text = JSON.stringify(identity);
    const again = seen.has(text);
    seen.add(text);
    return again ? [duplicate(`${field}[${index}]`, identity)] : [];
  });
}

function keyOf(element: unknown, keys: readonly string[], items: SchemaNode | undefined): unknown {
  if (!isObject(element)) return element;
  return Object.fromEntries(keys.map((key) => [key, element[key] ?? items?.properties?.[key]?.default ?? null]));
}
