import { getOwn } from '../schema/json.ts';
import { FieldSetBuilder, type FieldSet } from './field-set.ts';
import type { FieldType, ListType, MapType } from './field-type.ts';
import { indexItems } from './list-items.ts';
import { fieldElement, type PathElement } from './path-element.ts';
import { formOf, inForm, listIn, mapIn, sameJson, type Form } from './typed-value.ts';

/** What differs between two objects; no path is in two of the sets. */
export interface Comparison {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

/** Compares two objects of a type, path by path; undefined is an object that is not there. */
export function compare(type: FieldType, before: unknown, after: unknown): Comparison {
  const walk = new Walk();
  walk.value(type, before, after, []);
  return { removed: walk.removed.set, modified: walk.modified.set, added: walk.added.set };
}

type Path = readonly PathElement[];

class Walk {
  readonly removed = new FieldSetBuilder();
  readonly modified = new FieldSetBuilder();
  readonly added = new FieldSetBuilder();

  /** One of the two is there. */
  value(type: FieldType, before: unknown, after: unknown, path: Path): void {
    if (before === after) return;
    const forms = [formOf(type, before), formOf(type, after)] as const;
    const form = after === undefined ? forms[0] : forms[1];
    // What had another form goes, and what has the new one comes.
    if (before !== undefined && after !== undefined && forms[0] !== forms[1]) this.#inForm(type, forms[0], before, after, path);
    const isLeaf = this.#inForm(type, form, before, after, path);
    if (isLeaf) return;
    if (before === undefined) this.added.add(path);
    else if (after === undefined) this.removed.add(path);
  }

  /** Returns whether the value is one that is owned as a whole. */
  #inForm(type: FieldType, form: Form, before: unknown, after: unknown, path: Path): boolean {
    return inForm(type, form, {
      scalar: () => this.#leaf(before, after, path),
      map: (map) => {
        const [old, next] = [mapIn(before), mapIn(after)];
        const empty = (old === undefined || isBare(old)) && (next === undefined || isBare(next));
        if (map.atomic || empty) return this.#leaf(before, after, path);
        this.#fields(map, old, next, path);
        return false;
      },
      list: (list) => {
        const [old, next] = [listIn(before) ?? [], listIn(after) ?? []];
        if (list.kind === 'atomic' || (old.length === 0 && next.length === 0)) return this.#leaf(before, after, path);
        this.#items(list, old, next, path);
        return false;
      },
    });
  }

  #leaf(before: unknown, after: unknown, path: Path): true {
    if (before === undefined) this.added.add(path);
    else if (after === undefined) this.removed.add(path);
    else if (!sameJson(before, after)) this.modified.add(path);
    return true;
  }

  #fields(type: MapType, before: Readonly<Record<string, unknown>> | undefined, after: typeof before, path: Path): void {
    const keys = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
    for (const key of keys) {
      const child = type.field(key);
      if (child === undefined) continue;
      const [old, next] = [fieldOf(type, before, key), fieldOf(type, after, key)];
      if (old !== undefined || next !== undefined) this.value(child, old, next, [...path, fieldElement(key)]);
    }
  }

  #items(type: ListType, before: readonly unknown[], after: readonly unknown[], path: Path): void {
    const [old, next] = [indexItems(type, before), indexItems(type, after)];
    for (const element of new Set([...old.keys(), ...next.keys()])) {
      this.#item(type.items, old.get(element) ?? [], next.get(element) ?? [], [...path, element]);
    }
  }

  /** Elements of the same keys: one on each side or, in lists that came without checks, more, which are compared as a whole. */
  #item(type: FieldType, old: readonly unknown[], next: readonly unknown[], path: Path): void {
    if (old.length <= 1 && next.length <= 1) this.value(type, old[0], next[0], path);
    else if (old.length > 1 && next.length > 1) {
      if (!sameJson(old, next)) this.modified.add(path);
    } else if (old.length > 1) {
      if (next.length === 1) this.value(type, undefined, next[0], path);
      else this.removed.add(path);
    } else {
      if (old.length === 1) this.value(type, old[0], undefined, path);
      this.added.add(path);
    }
  }
}

/** A field of a map that is there, with what Go holds where the JSON says nothing. */
function fieldOf(type: MapType, map: Readonly<Record<string, unknown>> | undefined, key: string): unknown {
  if (map === undefined) return undefined;
  const value = getOwn(map, key);
  if (value !== undefined) return value;
  const always = getOwn(type.always, key);
  return always === undefined ? undefined : always === 'empty' ? {} : null;
}

function isBare(map: object): boolean {
  return Object.keys(map).length === 0;
}
