import { isObject, setOwn, type JsonObject } from './json.ts';

/** `$patch: replace` or `delete`, inside a map or an element of a list. */
export const PATCH = '$patch';
/** `$retainKeys: [KEY, …]`: all other keys of the map go. */
export const RETAIN_KEYS = '$retainKeys';
/** `$setElementOrder/LIST: [KEY, …]` */
export const SET_ORDER = '$setElementOrder/';
/** `$deleteFromPrimitiveList/LIST: [VALUE, …]` */
export const DELETE_FROM = '$deleteFromPrimitiveList/';

/** A copy of a part of a patch that meets nothing to merge with: without directives, directive elements and nulls. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((element) => !isDirective(element)).map(withoutDirectives);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const skip = child === null || isDirective(child) || key === RETAIN_KEYS || key.startsWith(SET_ORDER) || key.startsWith(DELETE_FROM);
    if (!skip) setOwn(result, key, withoutDirectives(child));
  }
  return result;
}

function isDirective(value: unknown): boolean {
  return isObject(value) && Object.hasOwn(value, PATCH);
}
