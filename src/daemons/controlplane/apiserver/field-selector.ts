import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { badRequest } from './status-error.ts';

/** The fields of a resource that a field selector may name, and how to read each. */
export type SelectableFields = Readonly<Record<string, (object: KubeObject) => string>>;

export type ObjectPredicate = (object: KubeObject) => boolean;

/** Reads a dotted path; a missing value is the empty string, as in Go. */
export function fieldAt(path: string): (object: KubeObject) => string {
  const keys = path.split('.');
  return (object) => {
    let value: unknown = object;
    for (const key of keys) value = isRecord(value) ? value[key] : undefined;
    return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number' ? String(value) : '';
  };
}

/**
 * Reads a field selector: `path=value`, `path==value`, `path!=value`, joined by commas; `\` escapes `,`, `=` and itself.
 * @throws StatusError 400 when it cannot be read or names a field that the resource does not offer
 */
export function parseFieldSelector(selector: string, fields: SelectableFields): ObjectPredicate {
  const terms = termsOf(selector).map((term) => predicateOf(term, fields));
  return (object) => terms.every((matches) => matches(object));
}

/** The value that a field selector wants of one field; undefined when it wants none, or cannot be read. */
export function requiredValue(selector: string, path: string): string | undefined {
  try {
    return termsOf(selector).find((term) => term.path === path && !term.negated)?.value;
  } catch {
    return undefined;
  }
}

interface Term {
  readonly path: string;
  readonly negated: boolean;
  readonly value: string;
}

/** @throws StatusError 400 */
function termsOf(selector: string): Term[] {
  if (selector.trim() === '') return [];
  return (selector.match(/(?:\\.|[^,\\])+/g) ?? []).map((term) => parseTerm(term, selector));
}

function predicateOf({ path, negated, value }: Term, fields: SelectableFields): ObjectPredicate {
  const read = Object.hasOwn(fields, path) ? fields[path] : undefined;
  if (read === undefined) throw badRequest(unknownField(path, fields));
  return (object) => (read(object) === value) !== negated;
}

/** Looks for the operator from the left, in one pass: selectors come from requests and may be long. */
function parseTerm(term: string, selector: string): Term {
  const at = term.search(/!?=/);
  const operator = ['!=', '==', '='].find((candidate) => at > 0 && term.startsWith(candidate, at));
  const path = term.slice(0, Math.max(at, 0)).trim();
  const escaped = term.slice(at + (operator?.length ?? 0));
  if (operator === undefined || path === '' || !/^(?:\\[\\,=]|[^\\=])*$/.test(escaped)) {
    throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
  }
  return { path, negated: operator === '!=', value: escaped.replace(/\\(.)/g, '$1') };
}

/** Kinds that offer nothing of their own say it in other words. */
function unknownField(path: string, fields: SelectableFields): string {
  if (Object.keys(fields).some((field) => !field.startsWith('metadata.'))) return `field label not supported: ${path}`;
  return `"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
