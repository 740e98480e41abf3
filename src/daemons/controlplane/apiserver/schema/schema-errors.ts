import type { ErrorObject } from 'ajv';
import { invalid, notSupported, required, typeInvalid, type FieldError } from './field-error.ts';

/** More than are shown. */
const MAX_ERRORS = 1_000;

type Params = Readonly<Record<string, unknown>>;

/** ajv's errors in the words of the Kubernetes API: `Invalid value: "string": spec.x in body must be of type integer: "string"`. */
export function toFieldErrors(errors: readonly ErrorObject[]): FieldError[] {
  // What a branch of anyOf, oneOf or not says is summed up by the keyword itself.
  const own = errors.filter(({ schemaPath }) => !/\/(anyOf|oneOf)\/\d+\/|\/not\//.test(schemaPath));
  // Each may have a list of what is allowed.
  return own.slice(0, MAX_ERRORS).flatMap(toFieldError);
}

function toFieldError(error: ErrorObject): FieldError[] {
  const field = fieldOf(error.instancePath);
  const { keyword, data } = error;
  const params = error.params as Params;
  switch (keyword) {
    case 'type': {
      const wanted = [params['type']].flat().filter((name) => name !== 'null');
      return [typeInvalid(field, typeName(data), `${field} in body must be of type ${wanted.join(',')}: "${typeName(data)}"`)];
    }
    case 'required':
      return [required(field === '' ? String(params['missingProperty']) : `${field}.${String(params['missingProperty'])}`)];
    case 'enum':
      return [
        notSupported(
          field,
          data,
          (params['allowedValues'] as unknown[]).map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
        ),
      ];
    case 'format': {
      const format = String(params['format']);
      return [invalid(field, data, `${field} in body must be of type ${format}: ${JSON.stringify(data)}`)];
    }
    case 'anyOf':
    case 'oneOf':
    case 'not':
      return [{ ...invalid('<nil>', '', `"${field}" ${branchText(keyword, params)}`), field: '<nil>' }];
    default: {
      const text = limitText(keyword, params);
      return text === undefined ? [] : [invalid(field, shownValue(keyword, data), `${field} in body ${text}`)];
    }
  }
}

function branchText(keyword: 'anyOf' | 'oneOf' | 'not', params: Params): string {
  if (keyword === 'anyOf') return 'must validate at least one schema (anyOf)';
  if (keyword === 'not') return 'must not validate the schema (not)';
  const passing = params['passingSchemas'];
  return `must validate one and only one schema (oneOf). Found ${Array.isArray(passing) ? `${passing.length} valid alternatives` : 'none valid'}`;
}

function limitText(keyword: string, params: Params): string | undefined {
  const limit = String(params['limit']);
  const texts: Readonly<Record<string, string>> = {
    minimum: `should be greater than or equal to ${limit}`,
    maximum: `should be less than or equal to ${limit}`,
    exclusiveMinimum: `should be greater than ${limit}`,
    exclusiveMaximum: `should be less than ${limit}`,
    multipleOf: `should be a multiple of ${String(params['multipleOf'])}`,
    minLength: `should be at least ${limit} chars long`,
    maxLength: `should be at most ${limit} chars long`,
    pattern: `should match '${String(params['pattern'])}'`,
    minItems: `should have at least ${limit} items`,
    maxItems: `should have at most ${limit} items`,
    minProperties: `should have at least ${limit} properties`,
    maxProperties: `should have at most ${limit} properties`,
  };
  return texts[keyword];
}

/** Of lists and maps the length is shown. */
function shownValue(keyword: string, data: unknown): unknown {
  if (keyword.endsWith('Items')) return (data as unknown[]).length;
  return keyword.endsWith('Properties') ? Object.keys(data as object).length : data;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** A JSON pointer as a field path: `/spec/objs/0/type` is `spec.objs[0].type`. */
function fieldOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`), '');
}
