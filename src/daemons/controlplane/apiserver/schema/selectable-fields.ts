import type { CrdVersion } from './crd-types.ts';
import { duplicate, invalid, required, tooMany, type FieldError } from './field-error.ts';
import { childSchema, type SchemaNode } from './schema-node.ts';

const MAX_FIELDS = 8;
const TYPES = ['string', 'boolean', 'integer'];
const TYPE_TEXT = 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';

/** The fields of its objects that a version lets field selectors name, without the first dot: `spec.color`. */
export function selectablePaths({ selectableFields = [] }: CrdVersion): string[] {
  return selectableFields.flatMap(({ jsonPath = '' }) => (jsonPath === '' ? [] : [jsonPath.replace(/^\./, '')]));
}

/** Checks `selectableFields` of a version (Kubernetes 1.30): simple paths to single values of the schema. */
export function validateSelectableFields({ selectableFields = [], schema }: CrdVersion, list: string): FieldError[] {
  const seen = new Set<string>();
  const errors = selectableFields.flatMap(({ jsonPath = '' }, index) => {
    const field = `${list}[${index}].jsonPath`;
    if (jsonPath === '') return [required(field)];
    const found = followPath(jsonPath, schema?.openAPIV3Schema);
    if (typeof found === 'string') return [invalid(field, jsonPath, `is an invalid path: ${found}`)];
    const wrong: FieldError[] = [];
    if (/^\.metadata(\.|$)/.test(jsonPath)) wrong.push(invalid(field, jsonPath, 'must not point to fields in metadata'));
    if (!TYPES.includes(found.type ?? '')) wrong.push(invalid(field, jsonPath, TYPE_TEXT));
    if (seen.has(jsonPath)) wrong.push(duplicate(field, jsonPath));
    seen.add(jsonPath);
    return wrong;
  });
  return seen.size > MAX_FIELDS ? [...errors, tooMany(list, seen.size, MAX_FIELDS)] : errors;
}

/** What stands at a path, or why nothing can. */
function followPath(path: string, root: SchemaNode | undefined): SchemaNode | string {
  if (path.includes('[')) return 'array notation is not allowed';
  const [first, ...names] = path.split('.');
  if (first !== '' || names.length === 0) return 'expected [ or . but got: ' + (first ?? '');
  let node = root;
  for (const name of names) {
    node = childSchema(node, name);
    if (node === undefined) return 'does not refer to a valid field';
  }
  return node ?? 'does not refer to a valid field';
}
