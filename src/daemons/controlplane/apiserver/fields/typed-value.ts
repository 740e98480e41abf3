import { isObject, type JsonObject } from '../schema/json.ts';
import type { FieldType, ListType, MapType } from './field-type.ts';

/** Which of its forms a type takes. */
export type Form = 'map' | 'scalar' | 'list';

/** Calls what fits the form that a type takes. */
export interface FormHandler<T> {
  readonly map: (type: MapType) => T;
  readonly scalar: () => T;
  readonly list: (type: ListType) => T;
}

/** The form of a value; for null, undefined and what does not fit, the first that the type has. */
export function formOf(type: FieldType, value: unknown): Form {
  const shown = shownForm(value);
  if (shown !== undefined && type[shown] !== undefined) return shown;
  return type.map !== undefined ? 'map' : type.scalar !== undefined ? 'scalar' : 'list';
}

function shownForm(value: unknown): Form | undefined {
  if (value === undefined || value === null) return undefined;
  return isObject(value) ? 'map' : Array.isArray(value) ? 'list' : 'scalar';
}

export function inForm<T>(type: FieldType, form: Form, handler: FormHandler<T>): T {
  if (form === 'map' && type.map !== undefined) return handler.map(type.map);
  if (form === 'list' && type.list !== undefined) return handler.list(type.list);
  return handler.scalar();
}

/** The map that a value is; undefined for null and for everything else. */
export function mapIn(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

/** The list that a value is. */
export function listIn(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** Deep equality of JSON; a field that is undefined is not there. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((element, index) => sameJson(element, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const [keys, others] = [fieldsOf(a), fieldsOf(b)];
  return keys.length === others.length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]));
}

function fieldsOf(value: JsonObject): string[] {
  return Object.keys(value).filter((key) => value[key] !== undefined);
}
