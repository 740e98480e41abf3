import { getOwn, isObject, setOwn, type JsonObject } from '../schema/json.ts';
import type { ListType } from './field-type.ts';
import { keyElement, valueElement, type PathElement } from './path-element.ts';

/** An element of a list that cannot be told from the others. */
export class NoKey extends Error {
  override readonly name = 'NoKey';
}

/** What identifies an element of a list that is no atomic one. @throws NoKey */
export function elementOf(type: ListType, item: unknown): PathElement {
  return type.kind === 'map' ? keyed(type, item) : valued(item);
}

function keyed({ keys, keyDefaults }: ListType, item: unknown): PathElement {
  if (item === null) throw new NoKey('associative list with keys may not have a null element');
  if (!isObject(item)) throw new NoKey('associative list with keys may not have non-map elements');
  const found: JsonObject = {};
  for (const key of keys) {
    const value = getOwn(item, key) ?? getOwn(keyDefaults, key);
    if (value !== undefined) setOwn(found, key, value);
  }
  if (Object.keys(found).length > 0) return keyElement(found);
  const list = keys.map((key) => JSON.stringify(key)).join(' ');
  throw new NoKey(
    `associative list with keys has an element that omits all key fields [${list}] (and doesn't have default values for any key fields)`,
  );
}

function valued(item: unknown): PathElement {
  if (isObject(item)) throw new NoKey("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new NoKey('not supported: associative list with lists as elements');
  if (item === null || item === undefined) throw new NoKey("associative list without keys has an element that's an explicit null");
  return valueElement(item);
}

/** The elements of a list by what identifies them, in order; more than one where a list that came without checks has duplicates. */
export function indexItems(type: ListType, list: readonly unknown[]): Map<PathElement, unknown[]> {
  const index = new Map<PathElement, unknown[]>();
  for (const item of list) {
    const element = elementOrUndefined(type, item);
    if (element === undefined) continue;
    const same = index.get(element);
    if (same === undefined) index.set(element, [item]);
    else same.push(item);
  }
  return index;
}

/** What identifies an element of a stored list; undefined for one that nothing does, which is owned by nobody. */
export function elementOrUndefined(type: ListType, item: unknown): PathElement | undefined {
  try {
    return elementOf(type, item);
  } catch (error) {
    if (error instanceof NoKey) return undefined;
    throw error;
  }
}
