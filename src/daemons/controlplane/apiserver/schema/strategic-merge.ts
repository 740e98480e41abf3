import { orderElements, type KeyOf } from './element-order.ts';
import { goFormat, goType } from './go-format.ts';
import { getOwn, isObject, setOwn, type JsonObject } from './json.ts';
import { PatchError } from './patch-error.ts';
import { childSchema, type SchemaNode } from './schema-node.ts';
import { DELETE_FROM, PATCH, RETAIN_KEYS, SET_ORDER, withoutDirectives } from './strategic-directives.ts';

/**
 * Strategic merge patch of the Kubernetes API: lists whose schema says x-kubernetes-patch-strategy `merge` are merged by their
 * x-kubernetes-patch-merge-key (or as sets of primitives), everything else is replaced. The directives are `$patch: replace|delete`,
 * `$setElementOrder/LIST`, `$deleteFromPrimitiveList/LIST` and `$retainKeys`. Neither argument is changed.
 */
export function strategicMerge(current: JsonObject, patch: JsonObject, schema: SchemaNode | undefined): JsonObject {
  const directive = getOwn(patch, PATCH);
  if (directive === 'replace') return withoutDirectives({ ...patch, [PATCH]: null }) as JsonObject;
  if (directive === 'delete') return {};
  if (directive !== undefined) throw unknownDirective(directive, patch);

  const result = retainKeys(current, patch);
  const ordered = applyElementOrders(result, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    if (key === RETAIN_KEYS || key.startsWith(SET_ORDER) || ordered.has(key)) continue;
    if (key.startsWith(DELETE_FROM)) deleteFromPrimitiveList(result, key.slice(DELETE_FROM.length), value);
    else mergeField(result, key, value, childSchema(schema, key));
  }
  return result;
}

/** Merges one field of the patch into `target`. */
function mergeField(target: JsonObject, key: string, value: unknown, schema: SchemaNode | undefined): void {
  if (value === null) {
    Reflect.deleteProperty(target, key);
    return;
  }
  const current = getOwn(target, key);
  if (isObject(value)) {
    if (isObject(current))
      setOwn(target, key, strategyOf(schema) === 'replace' ? withoutDirectives(value) : strategicMerge(current, value, schema));
    else if (Object.hasOwn(value, PATCH)) Reflect.deleteProperty(target, key);
    else setOwn(target, key, withoutDirectives(value));
  } else if (Array.isArray(value) && Array.isArray(current) && strategyOf(schema) === 'merge') {
    setOwn(target, key, mergeLists(current, value, schema));
  } else {
    setOwn(target, key, withoutDirectives(value));
  }
}

/** `$retainKeys`: a copy of the current object that keeps only the listed keys. */
function retainKeys(current: JsonObject, patch: JsonObject): JsonObject {
  const list = getOwn(patch, RETAIN_KEYS);
  if (list === undefined) return { ...current };
  if (!Array.isArray(list)) throw new PatchError(400, 'invalid patch format of retainKeys');
  const retained = new Set<unknown>(list);
  const stray = Object.entries(patch).some(([key, value]) => value !== null && !key.startsWith('$') && !retained.has(key));
  if (stray) throw new PatchError(400, 'invalid patch format of retainKeys');
  return Object.fromEntries(Object.entries(current).filter(([key]) => retained.has(key)));
}

/** `$setElementOrder/LIST`: merges the list and gives it the named order. Returns the fields that are done with. */
function applyElementOrders(target: JsonObject, patch: JsonObject, schema: SchemaNode | undefined): Set<string> {
  const done = new Set<string>();
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(SET_ORDER)) continue;
    const key = directive.slice(SET_ORDER.length);
    if (!Array.isArray(order) || key === '') throw new PatchError(400, 'invalid patch format of setElementOrder list');
    const current = listAt(target, key);
    const change = listAt(patch, key);
    done.add(key);
    if (current === undefined && change === undefined) continue;
    const listSchema = childSchema(schema, key);
    const keyOf = keyOfElements(listSchema);
    checkOrder(change ?? [], order, keyOf);
    const merged = mergedForOrder(current, change, listSchema);
    // A list that is replaced as a whole, and an order that names everything, come out the same way.
    setOwn(target, key, orderElements(merged, order, current ?? [], keyOf));
  }
  return done;
}

function mergedForOrder(current: unknown[] | undefined, change: unknown[] | undefined, schema: SchemaNode | undefined): unknown[] {
  if (change === undefined) return current ?? [];
  if (current === undefined || strategyOf(schema) !== 'merge') return withoutDirectives(change) as unknown[];
  return mergeLists(current, change, schema);
}

function listAt(object: JsonObject, key: string): unknown[] | undefined {
  const value = getOwn(object, key);
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value as unknown[];
  throw new PatchError(422, `expected a []interface {}, but received a ${goType(value)}`);
}

/** The elements of the patch must all be named by the order, and in that order. */
function checkOrder(change: readonly unknown[], order: readonly unknown[], keyOf: KeyOf): void {
  if (change.length === 0 || order.length === 0) return;
  let position = 0;
  for (const element of change) {
    if (isObject(element) && Object.hasOwn(element, PATCH)) continue;
    const wanted = keyOf(element);
    while (position < order.length && keyOf(order[position]) !== wanted) position++;
    if (position === order.length) {
      const texts = [goFormat(change), goFormat(order)];
      throw new PatchError(422, `The order in patch list:\n${texts[0] ?? ''}\n doesn't match $setElementOrder list:\n${texts[1] ?? ''}\n`);
    }
    position++;
  }
}

function mergeLists(current: readonly unknown[], patch: readonly unknown[], schema: SchemaNode | undefined): unknown[] {
  const all = [...current, ...patch];
  if (all.length === 0) return [];
  if (all.some((element) => Array.isArray(element))) throw new PatchError(422, 'lists of lists are not supported');
  if (new Set(all.map(goType)).size > 1) {
    throw new PatchError(422, `list element types are not identical: [${goFormat(current)} ${goFormat(patch)}]`);
  }
  if (!isObject(all[0])) return orderElements([...new Set(all)], patch, current, (element) => element);
  return mergeListsOfMaps(current as JsonObject[], patch as JsonObject[], schema);
}

function mergeListsOfMaps(current: readonly JsonObject[], patch: readonly JsonObject[], schema: SchemaNode | undefined): unknown[] {
  const keyOf = keyOfElements(schema);
  const replace = patch.some((element) => element[PATCH] === 'replace');
  const deleted = new Set(patch.filter((element) => isDeletion(element)).map(keyOf));
  const changes = patch.filter((element) => !Object.hasOwn(element, PATCH));
  if (replace) return withoutDirectives(changes) as unknown[];

  const kept = current.filter((element) => !deleted.has(keyOf(element)));
  const merged: JsonObject[] = [...kept];
  const positions = new Map<unknown, number>();
  merged.forEach((element, index) => {
    if (!positions.has(keyOf(element))) positions.set(keyOf(element), index);
  });
  for (const change of changes) {
    const position = positions.get(keyOf(change));
    if (position === undefined) {
      positions.set(keyOf(change), merged.length);
      merged.push(withoutDirectives(change) as JsonObject);
    } else {
      merged[position] = strategicMerge(merged[position] ?? {}, change, schema?.items);
    }
  }
  return orderElements(merged, changes, kept, keyOf);
}

/** True for `{$patch: delete}`; other directives than replace and delete are refused. */
function isDeletion(element: JsonObject): boolean {
  const directive = getOwn(element, PATCH);
  if (directive === 'merge') throw new PatchError(422, 'merging lists cannot yet be specified in the patch');
  if (directive !== undefined && directive !== 'replace' && directive !== 'delete') throw unknownDirective(directive, element);
  return directive === 'delete';
}

function deleteFromPrimitiveList(target: JsonObject, key: string, value: unknown): void {
  if (!Array.isArray(value)) throw new PatchError(400, 'invalid patch format of primitive list');
  const current = getOwn(target, key);
  const deleted = new Set<unknown>(value);
  if (Array.isArray(current))
    setOwn(
      target,
      key,
      current.filter((element) => !deleted.has(element)),
    );
}

function keyOfElements(schema: SchemaNode | undefined): KeyOf {
  const mergeKey = schema?.['x-kubernetes-patch-merge-key'];
  return (element) => {
    if (!isObject(element)) return element;
    if (mergeKey === undefined) throw new PatchError(422, 'cannot merge lists without merge key');
    if (!Object.hasOwn(element, mergeKey)) {
      throw new PatchError(422, `map: ${goFormat(element)} does not contain declared merge key: ${mergeKey}`);
    }
    return element[mergeKey];
  };
}

/** `merge` or `replace`: x-kubernetes-patch-strategy may also say `retainKeys`, which the patch itself asks for. */
function strategyOf(schema: SchemaNode | undefined): 'merge' | 'replace' | undefined {
  const strategies = schema?.['x-kubernetes-patch-strategy']?.split(',') ?? [];
  return strategies.includes('merge') ? 'merge' : strategies.includes('replace') ? 'replace' : undefined;
}

function unknownDirective(directive: unknown, patch: JsonObject): PatchError {
  return new PatchError(422, `unknown patch type: ${goFormat(directive)} in map: ${goFormat(patch)}`);
}
