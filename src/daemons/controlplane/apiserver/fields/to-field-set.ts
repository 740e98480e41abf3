import { isObject } from '../schema/json.ts';
import { FieldSetBuilder, type FieldSet } from './field-set.ts';
import type { FieldType, ListType, MapType } from './field-type.ts';
import { indexItems } from './list-items.ts';
import { fieldElement, type PathElement } from './path-element.ts';
import { formOf, inForm, listIn, mapIn } from './typed-value.ts';

/** The paths of everything that an object says. */
export function toFieldSet(type: FieldType, value: unknown): FieldSet {
  const builder = new FieldSetBuilder();
  collect(type, value, [], builder);
  return builder.set;
}

function collect(type: FieldType, value: unknown, path: readonly PathElement[], builder: FieldSetBuilder): void {
  inForm(type, formOf(type, value), {
    scalar: () => builder.add(path),
    map: (map) => (map.atomic ? builder.add(path) : collectFields(map, value, path, builder)),
    list: (list) => (list.kind === 'atomic' ? builder.add(path) : collectItems(list, value, path, builder)),
  });
}

function collectFields(type: MapType, value: unknown, path: readonly PathElement[], builder: FieldSetBuilder): void {
  for (const [key, child] of Object.entries(mapIn(value) ?? {})) {
    const below = [...path, fieldElement(key)];
    const childType = type.field(key);
    if (childType === undefined) continue;
    collect(childType, child, below, builder);
    // An empty map says that it is there; a key that no schema names is a value itself.
    const isBare = child === null || (isObject(child) && Object.keys(child).length === 0);
    if (isBare || type.named(key) === undefined) builder.add(below);
  }
}

function collectItems(type: ListType, value: unknown, path: readonly PathElement[], builder: FieldSetBuilder): void {
  for (const [element, items] of indexItems(type, listIn(value) ?? [])) {
    const below = [...path, element];
    // Duplicates are owned together.
    if (items.length === 1) collect(type.items, items[0], below, builder);
    builder.add(below);
  }
}
