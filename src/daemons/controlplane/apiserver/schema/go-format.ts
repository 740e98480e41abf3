import { isObject } from './json.ts';

/** A JSON value as Go's `%v` prints it: `map[image:x name:a]`, `[1 2]`, `<nil>`. The API's messages contain such texts. */
export function goFormat(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(goFormat).join(' ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${key}:${goFormat(value[key])}`);
  return `map[${entries.join(' ')}]`;
}

/** The Go type that encoding/json gives a JSON value, as Go's messages name it. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return 'string';
}

/** The JSON type of a value: `object`, `array`, `string`, `number`, `boolean`, `null`. */
export function jsonType(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
