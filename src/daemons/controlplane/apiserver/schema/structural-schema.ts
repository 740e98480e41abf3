import { messageOf } from '../../../../kernel/errors.ts';
import { compileSchema } from './ajv-schema.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { compilePattern } from './pattern.ts';
import { toFieldErrors } from './schema-errors.ts';
import type { SchemaNode } from './schema-node.ts';
import { RULES, validateRules } from './validation-rules.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const LIST_TYPES = ['atomic', 'set', 'map'];
const PRESERVE = 'x-kubernetes-preserve-unknown-fields';
const INT_OR_STRING = 'x-kubernetes-int-or-string';
const EMBEDDED = 'x-kubernetes-embedded-resource';
/** What may stand only outside of allOf, anyOf, oneOf and not. */
const STRUCTURAL_ONLY = [
  ...(['description', 'type', 'title', 'nullable', 'additionalProperties'] as const),
  ...([PRESERVE, EMBEDDED, INT_OR_STRING, RULES] as const),
];

/** What JSON schema has and Kubernetes does not. */
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;

/** Checks that a schema is structural: what it takes to prune objects and to fill in their defaults. */
export function validateStructural(schema: SchemaNode, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((schema.type ?? '') === '') errors.push(required(`${field}.type`, 'must not be empty at the root'));
  else if (schema.type !== 'object') errors.push(invalid(`${field}.type`, schema.type, 'must be object at the root'));
  const metadata = Object.keys(schema.properties?.['metadata']?.properties ?? {});
  if (metadata.some((name) => name !== 'name' && name !== 'generateName')) {
    errors.push(
      forbidden(
        `${field}.properties[metadata]`,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    );
  }
  return [...errors, ...validateNode(schema, field, '')];
}

/** `place` says what stands here, for the message about a missing type; '' at the root, which was checked already. */
function validateNode(schema: SchemaNode, field: string, place: string): FieldError[] {
  const { type = '', properties = {}, items, additionalProperties: values } = schema;
  const errors = [...validateType(schema, field, place), ...validateExtensions(schema, field), ...validateValues(schema, field)];
  if (schema.properties !== undefined && values !== undefined) {
    errors.push(forbidden(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  }
  if (type === 'array' && items === undefined) errors.push(required(`${field}.items`, 'must be specified'));
  for (const [name, property] of Object.entries(properties)) {
    errors.push(...validateNode(property, `${field}.properties[${name}]`, 'specified object fields'));
  }
  if (items !== undefined && !Array.isArray(items)) errors.push(...validateNode(items, `${field}.items`, 'specified array items'));
  if (typeof values === 'object') errors.push(...validateNode(values, `${field}.additionalProperties`, 'specified object fields'));
  return [...errors, ...validateBranches(schema, field)];
}

function validateType(schema: SchemaNode, field: string, place: string): FieldError[] {
  const { type = '' } = schema;
  if (type === '') {
    const free = place === '' || schema[PRESERVE] === true || schema[INT_OR_STRING] === true || Object.hasOwn(schema, '$ref');
    return free ? [] : [required(`${field}.type`, `must not be empty for ${place}`)];
  }
  return TYPES.includes(type) ? [] : [notSupported(`${field}.type`, type, TYPES)];
}

function validateExtensions(schema: SchemaNode, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of UNSUPPORTED) if (Object.hasOwn(schema, key)) errors.push(forbidden(`${field}.${key}`, `${key} is not supported`));
  if (Array.isArray(schema.items)) errors.push(forbidden(`${field}.items`, 'items must be a schema object and not an array'));
  if (schema.uniqueItems === true) {
    errors.push(forbidden(`${field}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  }
  if (schema[PRESERVE] === false) errors.push(invalid(`${field}.${PRESERVE}`, false, 'must be true or undefined'));
  if (schema[EMBEDDED] === true) {
    if (schema[PRESERVE] !== true && Object.keys(schema.properties ?? {}).length === 0) {
      errors.push(required(`${field}.properties`, `must not be empty if ${EMBEDDED} is true without ${PRESERVE}`));
    }
    if (schema.type !== 'object') errors.push(invalid(`${field}.type`, schema.type, `must be object if ${EMBEDDED} is true`));
  }
  return [...errors, ...validateListType(schema, field), ...validateRules(schema, field)];
}

function validateListType(schema: SchemaNode, field: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'] as string | undefined;
  if (type === undefined) return [];
  const errors: FieldError[] = [];
  if (!LIST_TYPES.includes(type)) errors.push(notSupported(`${field}.x-kubernetes-list-type`, type, LIST_TYPES));
  if (schema.type !== 'array') errors.push(invalid(`${field}.type`, schema.type, 'must be array if x-kubernetes-list-type is specified'));
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (type === 'map') {
    if (keys.length === 0)
      errors.push(required(`${field}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
    if (schema.items === undefined) errors.push(required(`${field}.items`, 'must have a schema if x-kubernetes-list-type is map'));
    else if (keys.some((key) => schema.items?.properties?.[key] === undefined)) {
      errors.push(invalid(`${field}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties'));
    }
  }
  if (type === 'set' && schema.items?.type === 'object' && schema.items['x-kubernetes-map-type'] !== 'atomic') {
    const text = 'must be atomic as item of a list with x-kubernetes-list-type=set';
    errors.push(invalid(`${field}.items.x-kubernetes-map-type`, schema.items['x-kubernetes-map-type'], text));
  }
  return errors;
}

function validatePattern({ pattern }: SchemaNode, field: string): FieldError[] {
  if (pattern === undefined) return [];
  try {
    compilePattern(pattern);
    return [];
  } catch (error) {
    return [invalid(`${field}.pattern`, pattern, `must be a valid regular expression, but isn't: ${messageOf(error)}`)];
  }
}

/** The pattern compiles, and the default is a value that the schema takes. */
function validateValues(schema: SchemaNode, field: string): FieldError[] {
  const errors = validatePattern(schema, field);
  if (errors.length > 0) return errors;
  if (schema.default === undefined || !TYPES.includes(schema.type ?? 'string')) return [];
  try {
    return toFieldErrors(compileSchema(schema)(schema.default)).map((error) => ({ ...error, field: `${field}.default` }));
  } catch {
    // A bad pattern further down, reported there.
    return [];
  }
}

function validateBranches(schema: SchemaNode, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['allOf', 'anyOf', 'oneOf'] as const) {
    schema[key]?.forEach((branch, index) => errors.push(...validateBranch(branch, `${field}.${key}[${index}]`, schema)));
  }
  if (schema.not !== undefined) errors.push(...validateBranch(schema.not, `${field}.not`, schema));
  return errors;
}

/** A branch only restricts what the structural part around it describes. */
function validateBranch(branch: SchemaNode, field: string, around: SchemaNode): FieldError[] {
  // The one type that may stand in a branch: `anyOf: [{type: integer}, {type: string}]` of int-or-string.
  const allowsType = around[INT_OR_STRING] === true;
  const errors = STRUCTURAL_ONLY.filter((key) => branch[key] !== undefined && !(key === 'type' && allowsType)).map((key) =>
    forbidden(`${field}.${key}`, 'must be empty to be structural'),
  );
  errors.push(...validatePattern(branch, field));
  if (branch.default !== undefined) errors.push(forbidden(`${field}.default`, 'must be undefined to be structural'));
  for (const [name, property] of Object.entries(branch.properties ?? {})) {
    errors.push(...validateBranch(property, `${field}.properties[${name}]`, around.properties?.[name] ?? {}));
  }
  if (branch.items !== undefined) errors.push(...validateBranch(branch.items, `${field}.items`, around.items ?? {}));
  return [...errors, ...validateBranches(branch, field)];
}
