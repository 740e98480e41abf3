import { getOwn, setOwn, type JsonObject } from '../schema/json.ts';
import type { FieldType, ListType, MapType } from './field-type.ts';
import { elementOrUndefined } from './list-items.ts';
import type { PathElement } from './path-element.ts';
import { formOf, inForm, listIn, mapIn } from './typed-value.ts';

/** Lays what is applied over a live object. Neither is changed; the result may share parts with both. */
export function mergeApplied(type: FieldType, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  return inForm(type, formOf(type, applied), {
    scalar: () => applied,
    map: (map) => {
      const [old, next] = [mapIn(live) ?? {}, mapIn(applied) ?? {}];
      const isEmpty = Object.keys(old).length === 0 && Object.keys(next).length === 0;
      return map.atomic || isEmpty ? applied : mergeFields(map, old, next);
    },
    list: (list) => {
      const [old, next] = [listIn(live) ?? [], listIn(applied) ?? []];
      return list.kind === 'atomic' || (old.length === 0 && next.length === 0) ? applied : mergeItems(list, old, next);
    },
  });
}

function mergeFields(type: MapType, live: JsonObject, applied: JsonObject): JsonObject {
  const result: JsonObject = { ...live };
  for (const [key, value] of Object.entries(applied)) {
    const child = type.field(key);
    if (child !== undefined) setOwn(result, key, mergeApplied(child, getOwn(live, key), value));
  }
  return result;
}

interface Item {
  readonly element: PathElement | undefined;
  readonly value: unknown;
}

/** Elements merged by what identifies them. */
function mergeItems(type: ListType, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const identify = (value: unknown): Item => ({ element: elementOrUndefined(type, value), value });
  const [left, right] = [live.map(identify), applied.map(identify)];
  const before = new Map<PathElement | undefined, unknown>();
  // What stands twice in the live list is replaced.
  for (const { element, value } of left) before.set(element, before.has(element) ? undefined : value);
  const known = new Set(right.map(({ element }) => element));
  return inOrder(left, right, (element) => known.has(element) && before.has(element)).map(({ element, value }) =>
    known.has(element) ? mergeApplied(type.items, before.get(element), value) : value,
  );
}

/**
 * The applied elements in their order, and those of the live list alone between the neighbours that they have there. Of an element of both the
 * applied one is taken.
 */
function inOrder(left: readonly Item[], right: readonly Item[], isShared: (element: PathElement | undefined) => boolean): Item[] {
  const shared = right.filter(({ element }) => isShared(element)).map(({ element }) => element);
  const result: Item[] = [];
  const done = new Set<PathElement | undefined>();
  let [l, taken] = [0, 0];
  /** Whether a shared element of the live list comes later, or has been, in what is applied. */
  const isPassed = ({ element }: Item, item: Item | undefined): boolean =>
    item === undefined || (element !== item.element && taken < shared.length && shared[taken] !== element);
  const follow = (item: Item | undefined): void => {
    for (let old = left[l]; old !== undefined; old = left[++l]) {
      if (!isShared(old.element)) result.push(old);
      else if (!isPassed(old, item)) return;
    }
  };
  for (const item of right) {
    follow(item);
    const old = left[l];
    if (old !== undefined && (old.element === item.element || done.has(old.element))) l += 1;
    result.push(item);
    done.add(item.element);
    if (shared[taken] === item.element) taken += 1;
  }
  follow(undefined);
  return result;
}
