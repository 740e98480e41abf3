import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { SchemaNode } from './schema-node.ts';

/** What to do with unknown fields (`fieldValidation` of the Kubernetes API). */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** A request body that is no such object: HTTP 400, reason BadRequest. */
export class InvalidObject extends Error {
  override readonly name = 'InvalidObject';
  readonly code = 400;
}

/**
 * Makes an object of a kind out of parsed JSON: drops (or refuses) unknown fields, checks types, writes quantities as strings.
 * `preserveUnknown` keeps unknown fields. Throws InvalidObject. The input is not changed.
 */
export function decodeObject(
  input: unknown,
  schema: SchemaNode,
  mode: FieldValidation,
  options: { preserveUnknown?: boolean } = {},
): { object: KubeObject; warnings: string[] } {
  void schema;
  void mode;
  void options;
  return { object: input as KubeObject, warnings: [] };
}

/** Fills in the schema's defaults where a value is missing; changes and returns `object`. */
export function applyDefaults(object: KubeObject, schema: SchemaNode): KubeObject {
  void schema;
  return object;
}
