import { isObject } from '../schema/json.ts';
import type { FieldType, ListType, MapType, Scalar } from './field-type.ts';
import { elementOf, NoKey } from './list-items.ts';
import { fieldElement, showElement, type PathElement } from './path-element.ts';
import { formOf, inForm } from './typed-value.ts';

/** What is wrong with an applied object, in the words of Kubernetes' structured merge: `.spec.x: field not declared in schema`. Empty when nothing is. */
export function typeErrors(type: FieldType, value: unknown): string[] {
  return inForm(type, formOf(type, value), {
    scalar: () => scalarErrors(type, value),
    map: (map) => mapErrors(map, value),
    list: (list) => listErrors(list, value),
  });
}

/** The errors as one message. */
export function typeErrorText(errors: readonly string[]): string {
  return errors.length === 1 ? errors.join() : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
}

const NAMES: Readonly<Record<Scalar, string>> = {
  string: 'string',
  number: 'numeric (int or float)',
  boolean: 'boolean',
  untyped: 'any scalar',
};

function scalarErrors({ scalar = 'untyped' }: FieldType, value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const fits = scalar === 'untyped' ? typeof value !== 'object' : typeof value === scalar;
  return fits ? [] : [`: expected ${NAMES[scalar]}, got ${shown(value)}`];
}

function mapErrors(type: MapType, value: unknown): string[] {
  if (value === null) return [];
  if (!isObject(value)) return [`: expected map, got ${shown(value)}`];
  return Object.entries(value).flatMap(([key, child]) => {
    const childType = type.field(key);
    const errors = childType === undefined ? [': field not declared in schema'] : typeErrors(childType, child);
    return within(fieldElement(key), errors);
  });
}

function listErrors(type: ListType, value: unknown): string[] {
  if (value === null) return [];
  if (!Array.isArray(value)) return [`: expected list, got ${shown(value)}`];
  const seen = new Set<PathElement>();
  return value.flatMap((item: unknown, index) => {
    let element: PathElement = `i:${index}`;
    if (type.kind !== 'atomic') {
      try {
        element = elementOf(type, item);
      } catch (error) {
        if (error instanceof NoKey) return [`: element ${index}: ${error.message}`];
        throw error;
      }
      if (seen.has(element)) return [`: duplicate entries for key ${showElement(element)}`];
      seen.add(element);
    }
    return within(element, typeErrors(type.items, item));
  });
}

function within(element: PathElement, errors: readonly string[]): string[] {
  return errors.map((error) => `${showElement(element)}${error}`);
}

const MAX_SHOWN = 200;

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, MAX_SHOWN);
}
