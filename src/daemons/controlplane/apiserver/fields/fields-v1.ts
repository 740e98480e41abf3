import { isObject, setOwn, type JsonObject } from '../schema/json.ts';
import { EMPTY_SET, type FieldNode, type FieldSet } from './field-set.ts';
import { compareElements, parseElement, type PathElement } from './path-element.ts';

/** How FieldsV1 says that a path with paths below it is in the set itself. */
const SELF = '.';

/** A set as `fieldsV1` of managedFields: nested maps of steps, where an empty map is a path of the set. */
export function encodeFields(set: FieldSet): JsonObject {
  const result: JsonObject = {};
  for (const element of set.size > 1 ? [...set.keys()].sort(compareElements) : set.keys()) {
    const { member, children } = set.get(element) as FieldNode;
    setOwn(result, element, member && children.size > 0 ? { [SELF]: {}, ...encodeFields(children) } : encodeFields(children));
  }
  return result;
}

/** Reads `fieldsV1`. @throws SyntaxError for what no server wrote */
export function decodeFields(fields: unknown): FieldSet {
  if (!isObject(fields)) throw new SyntaxError('no map of path elements');
  const result = new Map<PathElement, FieldNode>();
  for (const [key, value] of Object.entries(fields)) {
    if (key === SELF) continue;
    const element = parseElement(key);
    if (element === undefined) continue;
    const children = isObject(value) && Object.keys(value).length > 0 ? decodeFields(value) : EMPTY_SET;
    result.set(element, { member: children.size === 0 || (isObject(value) && Object.hasOwn(value, SELF)), children });
  }
  return result;
}
