import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { apiVersionOf, RESOURCES } from '../../../protocol/kubernetes.ts';
import type { Target, WriteOptions } from './api-context.ts';
import { builtinDefaults } from './schema/builtin-defaults.ts';
import { validateBuiltin } from './schema/builtin-validation.ts';
import type { FieldError } from './schema/field-error.ts';
import { checkDepth, isObject, type JsonObject } from './schema/json.ts';
import { jsonType } from './schema/go-format.ts';
import { definitionFor } from './schema/openapi-data.ts';
import type { SchemaNode } from './schema/schema-node.ts';
import { decodeObject, InvalidObject, MAX_UNKNOWN_FIELDS } from './schema/validate.ts';
import type { ServedResource } from './served-resource.ts';
import { badRequest } from './status-error.ts';

/** The part of a custom resource that has the same schema for all kinds. */
const METADATA_SCHEMA: SchemaNode = (() => {
  const { apiVersion, kind, metadata } = definitionFor(RESOURCES.configMap)?.properties ?? {};
  return { type: 'object', properties: { apiVersion: apiVersion ?? {}, kind: kind ?? {}, metadata: metadata ?? {} } };
})();

/**
 * Makes an object of the target's kind out of a parsed body, without defaults. Never shares anything with `input`.
 * @throws StatusError 400 for another kind, InvalidObject for wrong types and, when strict, unknown fields
 */
export function decode(target: Target, input: unknown, options: Pick<WriteOptions, 'fieldValidation' | 'warn'>): KubeObject {
  const { entry } = target;
  if (!checkDepth(input)) throw new InvalidObject('exceeded max depth');
  if (!isObject(input)) throw badRequest(`the object provided is unrecognized (must be of type ${entry.resource.kind})`);
  const typed = withKind(entry, input);
  const object = entry.custom === undefined ? decodeBuiltin(entry, typed, options) : decodeCustom(entry, entry.custom, typed, options);
  fitNamespace(target, object);
  return entry.form?.toStored(object) ?? object;
}

/** Fills in the defaults of the kind. */
export function withDefaults({ resource, custom }: ServedResource, object: KubeObject): KubeObject {
  return custom === undefined ? builtinDefaults(resource, object) : custom.default(object);
}

export function validate({ resource, custom }: ServedResource, object: KubeObject, old?: KubeObject): FieldError[] {
  return [...validateBuiltin(resource, object, old), ...(custom?.validate(object) ?? [])];
}

/** The stored object as its resource's version shows it. */
export function present({ resource, custom, form }: ServedResource, stored: KubeObject): KubeObject {
  if (form !== undefined) return form.fromStored(stored);
  return custom === undefined ? stored : custom.default({ ...stored, apiVersion: apiVersionOf(resource) });
}

/** What a write answers, which may be no object of the resource, as its resource's version shows it. */
export function presentAnswer<T extends { kind?: string }>(entry: ServedResource, answer: T): T | KubeObject {
  return answer.kind === entry.resource.kind ? present(entry, answer as unknown as KubeObject) : answer;
}

/** What a body says that it is; '' where it says nothing. @throws StatusError 400 when that is no text */
export function givenKind(input: JsonObject): { apiVersion: string; kind: string } {
  const text = (field: string): string => {
    const value = input[field] ?? '';
    if (typeof value === 'string') return value;
    throw badRequest(`couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(value)} into Go struct field .${field} of type string`);
  }; // prettier-ignore
  return { apiVersion: text('apiVersion'), kind: text('kind') };
}

function withKind({ resource }: ServedResource, input: JsonObject): JsonObject {
  const expected = apiVersionOf(resource);
  const { apiVersion, kind } = givenKind(input);
  if (apiVersion !== '' && apiVersion !== expected) {
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${expected})`);
  }
  if (kind !== '' && kind !== resource.kind) {
    throw badRequest(`${kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: it is another kind`);
  }
  return { metadata: {}, ...input, apiVersion: expected, kind: resource.kind };
}

function decodeBuiltin(entry: ServedResource, input: JsonObject, options: Pick<WriteOptions, 'fieldValidation' | 'warn'>): KubeObject {
  const { object, warnings } = decodeObject(input, entry.schema, options.fieldValidation);
  warnings.forEach(options.warn);
  return object;
}

function decodeCustom(
  entry: ServedResource,
  custom: NonNullable<ServedResource['custom']>,
  input: JsonObject,
  options: Pick<WriteOptions, 'fieldValidation' | 'warn'>,
): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = input;
  const head = decodeBuiltin({ ...entry, schema: METADATA_SCHEMA }, { apiVersion, kind, metadata }, options);
  const unknown: string[] = [];
  const object = custom.prune({ ...head, ...rest }, unknown);
  report(entry, unknown, options);
  return object;
}

function report({ resource }: ServedResource, unknown: readonly string[], options: Pick<WriteOptions, 'fieldValidation' | 'warn'>): void {
  const texts = unknown.slice(0, MAX_UNKNOWN_FIELDS).map((path) => `unknown field "${path}"`);
  if (texts.length > 0 && options.fieldValidation === 'Strict') {
    const { kind, version } = resource;
    throw new InvalidObject(`${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${texts.join(', ')}`);
  }
  if (options.fieldValidation === 'Warn') texts.forEach(options.warn);
}

function fitNamespace({ entry, namespace }: Target, object: KubeObject): void {
  const { metadata } = object;
  if (!entry.resource.namespaced) {
    delete metadata.namespace;
    return;
  }
  metadata.namespace ||= namespace;
  if (metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}
