import { messageOf } from '../../../../kernel/errors.ts';
import { parseJson } from '../../../../protocol/json.ts';
import { isObject, MAX_OBJECT_DEPTH, setOwn, type JsonObject } from '../schema/json.ts';

/**
 * One step of a path into an object, in the form that FieldsV1 of managedFields writes: `f:NAME` a field or a key of a map, `k:{"KEY":VALUE}` an
 * element of a list by its keys, `v:VALUE` an element of a set, `i:INDEX` one by its place. Equal steps are equal strings.
 */
export type PathElement = string;

export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

/** `keys` in any order. */
export function keyElement(keys: JsonObject): PathElement {
  return `k:${canonical(keys)}`;
}

export function valueElement(value: unknown): PathElement {
  return `v:${canonical(value)}`;
}

/** The name that `f:` carries; undefined for the other forms. */
export function fieldName(element: PathElement): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined;
}

/**
 * Reads a step that a client wrote. Undefined for a form that this version does not know, which is left out as Kubernetes does.
 * @throws SyntaxError for one that is broken
 */
export function parseElement(text: string): PathElement | undefined {
  if (text[1] !== ':') throw new SyntaxError(`no path element: ${text}`);
  const rest = text.slice(2);
  switch (text[0]) {
    case 'f':
      return text;
    case 'v':
      return valueElement(parseKeys(rest));
    case 'k': {
      const keys = parseKeys(rest);
      if (!isObject(keys)) throw new SyntaxError(`no keys: ${text}`);
      return keyElement(keys);
    }
    case 'i':
      if (!/^-?\d{1,15}$/.test(rest)) throw new SyntaxError(`no index: ${text}`);
      return `i:${Number(rest)}`;
    default:
      return undefined;
  }
}

/** What a client wrote may nest deeper than the object it came in. @throws SyntaxError */
function parseKeys(text: string): unknown {
  try {
    return parseJson(text, MAX_OBJECT_DEPTH);
  } catch (error) {
    throw new SyntaxError(messageOf(error), { cause: error });
  }
}

/** A step as messages show it: `.NAME`, `[KEY="VALUE"]`, `[="VALUE"]`, `[INDEX]`. */
export function showElement(element: PathElement): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${rest}`;
    case 'k': {
      const keys = JSON.parse(rest) as JsonObject;
      return `[${Object.entries(keys)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(',')}]`;
    }
    case 'v':
      return `[=${JSON.stringify(JSON.parse(rest))}]`;
    default:
      return `[${rest}]`;
  }
}

export function showPath(path: readonly PathElement[]): string {
  return path.map(showElement).join('');
}

const FORMS = 'fkvi';

/** Orders steps as FieldsV1 has them: fields, keys, values, indices, each by what they carry. */
export function compareElements(a: PathElement, b: PathElement): number {
  const form = FORMS.indexOf(a.charAt(0)) - FORMS.indexOf(b.charAt(0));
  if (form !== 0) return form;
  if (a.startsWith('f:')) return a === b ? 0 : a < b ? -1 : 1;
  const [left, right] = [JSON.parse(a.slice(2)) as unknown, JSON.parse(b.slice(2)) as unknown];
  return isObject(left) && isObject(right) ? compareKeys(Object.entries(left), Object.entries(right)) : compareScalars(left, right);
}

function compareKeys(a: [string, unknown][], b: [string, unknown][]): number {
  for (const [index, [name, value]] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (name !== other[0]) return name < other[0] ? -1 : 1;
    const difference = compareScalars(value, other[1]);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const TYPES = ['number', 'string', 'boolean'];

function compareScalars(a: unknown, b: unknown): number {
  const type = TYPES.indexOf(typeof a) - TYPES.indexOf(typeof b);
  if (type !== 0 || a === b) return type;
  return (a as string) < (b as string) ? -1 : 1;
}

/** JSON with sorted keys, escaped as Go escapes it for HTML. */
function canonical(value: unknown): string {
  return JSON.stringify(sorted(value)).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value).sort()) setOwn(result, key, sorted(value[key]));
  return result;
}
