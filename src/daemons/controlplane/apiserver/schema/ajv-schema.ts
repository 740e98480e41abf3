import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { isIP } from 'node:net';
import { messageOf } from '../../../../kernel/errors.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import type { SchemaNode } from './schema-node.ts';

const SAME = [
  ...['type', 'required', 'enum', 'minimum', 'maximum', 'multipleOf', 'minLength', 'maxLength', 'pattern', 'format'],
  ...['minItems', 'maxItems', 'minProperties', 'maxProperties'],
] as const;
const NESTED_LISTS = ['allOf', 'anyOf', 'oneOf'] as const;

const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** The formats that the Kubernetes API checks; others, and int32 and int64 of whole numbers, pass. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)),
  date: (text) => DATE.test(text) && !Number.isNaN(Date.parse(text)),
  byte: (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text),
  ipv4: (text) => isIP(text) === 4,
  ipv6: (text) => isIP(text) === 6,
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  uri: (text) => URL.canParse(text) || text.startsWith('/'),
  email: (text) => /^[^\s@]+@[^\s@]+$/.test(text),
  hostname: (text) =>
    text.length <= 253 && text.split('.').every((label) => /^[A-Za-z0-9_]([-A-Za-z0-9_]{0,61}[A-Za-z0-9_])?$/.test(label)),
};

type Check = (value: unknown) => readonly ErrorObject[];

/** Compiles a structural schema. Throws if it holds a regular expression that is none. */
export function compileSchema(schema: SchemaNode): Check {
  return compileWith(schema, compilePattern);
}

/**
 * Compiles a schema that was taken once, perhaps under other rules: a pattern that is none matches nothing, and the error about
 * it says why, as Kubernetes has it.
 */
export function compileStoredSchema(schema: SchemaNode): Check {
  const broken = new Map<string, string>();
  const check = compileWith(schema, (source) => {
    try {
      return compilePattern(source);
    } catch (error) {
      broken.set(source, messageOf(error));
      return { test: () => false, toString: () => source };
    }
  });
  return (value) => check(value).map((error) => withReason(error, broken));
}

function withReason(error: ErrorObject, broken: ReadonlyMap<string, string>): ErrorObject {
  const { pattern } = error.params as { pattern?: string };
  const why = pattern === undefined ? undefined : broken.get(pattern);
  return why === undefined ? error : { ...error, params: { pattern: `${pattern ?? ''}, but pattern is invalid: ${why}` } };
}

function compileWith(schema: SchemaNode, toPattern: (source: string) => Pattern): Check {
  const code = { regExp: Object.assign(toPattern, { code: 'compilePattern' }) };
  // What Kubernetes takes, JSON schema's own schema may not: `minLength: -1`.
  const ajv = new Ajv({ strict: false, allErrors: true, verbose: true, logger: false, validateSchema: false, formats: FORMATS, code });
  const check: ValidateFunction = ajv.compile(translate(schema));
  return (value) => (check(value) ? [] : (check.errors ?? []));
}

/** A schema as JSON schema draft 7 says it: no boolean exclusiveMinimum, no nullable, no x-kubernetes-int-or-string. */
function translate(schema: SchemaNode): Record<string, unknown> {
  const result = whatIsTheSame(schema);
  if (schema.type !== undefined && schema.nullable === true) result['type'] = [schema.type, 'null'];
  if (schema['x-kubernetes-int-or-string'] === true) result['type'] = ['integer', 'string'];
  if (schema.exclusiveMinimum === true) rename(result, 'minimum', 'exclusiveMinimum');
  if (schema.exclusiveMaximum === true) rename(result, 'maximum', 'exclusiveMaximum');
  if (schema.properties !== undefined) {
    result['properties'] = Object.fromEntries(Object.entries(schema.properties).map(([key, property]) => [key, translate(property)]));
  }
  if (schema['x-kubernetes-embedded-resource'] === true) Object.assign(result, embedded(result));
  if (schema.items !== undefined) result['items'] = translate(schema.items);
  if (typeof schema.additionalProperties === 'object') result['additionalProperties'] = translate(schema.additionalProperties);
  for (const key of NESTED_LISTS) if (schema[key] !== undefined) result[key] = schema[key].map(translate);
  if (schema.not !== undefined) result['not'] = translate(schema.not);
  return result;
}

function whatIsTheSame(schema: SchemaNode): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of SAME) if (schema[key] !== undefined) result[key] = schema[key];
  // An enumeration of nothing restricts nothing.
  if (schema.enum?.length === 0) delete result['enum'];
  return result;
}

function rename(schema: Record<string, unknown>, from: string, to: string): void {
  schema[to] = schema[from];
  Reflect.deleteProperty(schema, from);
}

/** An embedded resource says what it is. */
function embedded(schema: Record<string, unknown>): Record<string, unknown> {
  const name = { type: 'string', minLength: 1 };
  return {
    required: [...new Set([...((schema['required'] as string[] | undefined) ?? []), 'apiVersion', 'kind'])],
    properties: { ...(schema['properties'] as object | undefined), apiVersion: name, kind: name },
  };
}
