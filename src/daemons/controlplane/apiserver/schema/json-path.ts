import { isObject } from './json.ts';

type Step = (values: unknown[]) => unknown[];

const KEY = /^\.([^.[\]]+)/;
const QUOTED = /^\[\s*(?:'([^']*)'|"([^"]*)")\s*\]/;
const INDEX = /^\[\s*(-?\d+)\s*\]/;
const ALL = /^(?:\[\*\]|\.\*)/;
const FILTER = /^\[\?\(\s*@((?:\.[\w-]+)+)\s*(==|!=)\s*(?:'([^']*)'|"([^"]*)"|([\w.-]+))\s*\)\]/;

/**
 * A finder for the simple JSONPaths of printer columns: `.a.b`, `['a']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`.
 * Returns all values that are there; finds nothing if the path is of another form.
 */
export function jsonPath(path: string): (object: unknown) => unknown[] {
  const steps = parse(path);
  return (object) => (steps ?? [() => []]).reduce((values, step) => step(values), [object]);
}

function parse(path: string): Step[] | undefined {
  const steps: Step[] = [];
  let rest = path.replace(/^\{(.*)\}$/, '$1').replace(/\\\./g, '\u0000');
  while (rest !== '') {
    const found = next(rest);
    if (found === undefined) return undefined;
    steps.push(found.step);
    rest = rest.slice(found.length);
  }
  return steps;
}

function next(rest: string): { step: Step; length: number } | undefined {
  let match = ALL.exec(rest);
  if (match !== null) return { step: (values) => values.flatMap(childrenOf), length: match[0].length };
  match = KEY.exec(rest) ?? QUOTED.exec(rest);
  if (match !== null) {
    const key = (match[1] ?? match[2] ?? '').replaceAll('\u0000', '.');
    return { step: (values) => values.flatMap((value) => valueAt(value, key)), length: match[0].length };
  }
  match = INDEX.exec(rest);
  if (match !== null) {
    const index = Number(match[1]);
    return {
      step: (values) => values.flatMap((value) => (Array.isArray(value) ? present((value as unknown[]).at(index)) : [])),
      length: match[0].length,
    };
  }
  match = FILTER.exec(rest);
  if (match === null) return undefined;
  const [whole, inner = '', operator, ...texts] = match;
  const wanted = (texts as (string | undefined)[]).find((text) => text !== undefined);
  const find = jsonPath(inner);
  const keep = (element: unknown): boolean =>
    find(element).some((value) => isScalar(value) && String(value) === wanted) === (operator === '==');
  return {
    step: (values) => values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]).filter(keep) : [])),
    length: whole.length,
  };
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function valueAt(value: unknown, key: string): unknown[] {
  return isObject(value) && Object.hasOwn(value, key) ? present(value[key]) : [];
}

function childrenOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [];
}

function present(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : [value];
}
