import { forbidden, invalid, required, tooLong, type FieldError } from '../schema/field-error.ts';

export const APPLY_TYPE = 'application/apply-patch+yaml';

const MAX_MANAGER_BYTES = 128;
/** What Go's unicode.IsPrint takes: letters, marks, numbers, punctuation, symbols, and the space of ASCII. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const UNKNOWN = 'unknown';

/** Whom managedFields names: the `fieldManager` of the query, else the beginning of the client's User-Agent. */
export function fieldManagerOf(query: URLSearchParams, userAgent = ''): string {
  const given = query.get('fieldManager') ?? '';
  return given === '' ? prefixOf(userAgent) || UNKNOWN : given;
}

function prefixOf(userAgent: string): string {
  const [product = ''] = userAgent.split('/');
  let prefix = '';
  for (const char of product) {
    if (!PRINTABLE.test(char)) continue;
    if (Buffer.byteLength(prefix + char) > MAX_MANAGER_BYTES) break;
    prefix += char;
  }
  return prefix;
}

/** What is wrong with `fieldManager` and `force` in the query of a write (metav1.PatchOptions and its like). */
export function managerErrors(method: string, contentType: string, query: URLSearchParams): FieldError[] {
  const manager = query.get('fieldManager') ?? '';
  const isPatch = method === 'PATCH';
  const isApply = isPatch && contentType === APPLY_TYPE;
  const errors: FieldError[] = [];
  if (isApply && manager === '') errors.push(required('fieldManager', 'is required for apply patch'));
  if (isPatch && !isApply && query.has('force')) errors.push(forbidden('force', 'may not be specified for non-apply patch'));
  if (Buffer.byteLength(manager) > MAX_MANAGER_BYTES) errors.push(tooLong('fieldManager', MAX_MANAGER_BYTES));
  const chars = Array.from(manager);
  const at = chars.findIndex((char) => !PRINTABLE.test(char));
  const bad = chars[at];
  if (bad !== undefined) errors.push(invalid('fieldManager', manager, `invalid character ${codePoint(bad)} (at position ${at})`));
  return errors;
}

function codePoint(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
