import { setOwn, type JsonObject } from '../schema/json.ts';
import { mapNodes, type FieldNode, type FieldSet } from './field-set.ts';
import type { FieldType, ListType, MapType } from './field-type.ts';
import { elementOrUndefined } from './list-items.ts';
import { fieldElement, fieldName, type PathElement } from './path-element.ts';
import { formOf, inForm } from './typed-value.ts';

/** A copy of an object without the paths of a set; null where nothing is left of a map or a list. */
export function removeFields(type: FieldType, value: unknown, set: FieldSet): unknown {
  if (set.size === 0) return value;
  return inForm(type, formOf(type, value), {
    scalar: () => value,
    map: (map) => (map.atomic || !isFilled(value) ? null : orNull(withoutFields(map, value as JsonObject, set))),
    list: (list) => (list.kind === 'atomic' || !isFilled(value) ? null : orNull(withoutItems(list, value as unknown[], set))),
  });
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function orNull(value: object): object | null {
  return isFilled(value) ? value : null;
}

function withoutFields(type: MapType, map: JsonObject, set: FieldSet): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(map)) {
    const node = set.get(fieldElement(key));
    if (node?.member !== true) setOwn(result, key, node === undefined ? value : below(type.field(key), value, node));
  }
  return result;
}

function withoutItems(type: ListType, list: readonly unknown[], set: FieldSet): unknown[] {
  return list.flatMap((item) => {
    const element = elementOrUndefined(type, item);
    const node = element === undefined ? undefined : set.get(element);
    if (node?.member === true) return [];
    return [node === undefined ? item : below(type.items, item, node)];
  });
}

function below(type: FieldType | undefined, value: unknown, { children }: FieldNode): unknown {
  return type === undefined ? value : removeFields(type, value, children);
}

/** A set in which the fields that a schema names are in themselves when a path below them is: they have no value but what is in them. */
export function withNamedFields(type: FieldType, set: FieldSet): FieldSet {
  return mapNodes(set, (element, node) => {
    if (node.children.size === 0) return node;
    const name = fieldName(element);
    const isNamed = name !== undefined && type.map?.named(name) !== undefined;
    const childType = typeBelow(type, element);
    const children = childType === undefined ? node.children : withNamedFields(childType, node.children);
    const member = node.member || isNamed;
    return member === node.member && children === node.children ? node : { member, children };
  });
}

/** The type of what a step leads to. */
export function typeBelow(type: FieldType, element: PathElement): FieldType | undefined {
  const name = fieldName(element);
  return name === undefined ? type.list?.items : type.map?.field(name);
}
