import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { isObject, type JsonObject } from '../schema/json.ts';
import type { Strategy } from '../served-resource.ts';

/** An object whose other fields are looked at too. */
export type OpenObject = KubeObject & JsonObject;

export function open(object: KubeObject): OpenObject {
  return object as OpenObject;
}

/** The object at a field, or an empty one. */
export function part(object: KubeObject, field: string): JsonObject {
  const value = open(object)[field];
  return isObject(value) ? value : {};
}

/** Puts a top-level field back to what it was. */
export function restore(object: KubeObject, old: KubeObject, field: string): void {
  if (open(old)[field] === undefined) Reflect.deleteProperty(object, field);
  else open(object)[field] = open(old)[field];
}

/** Counts metadata.generation up when one of the fields differs. */
export function countGeneration(object: KubeObject, old: KubeObject, fields: readonly string[]): void {
  const changed = fields.some((field) => !isDeepStrictEqual(open(object)[field], open(old)[field]));
  object.metadata.generation = (old.metadata.generation ?? 0) + (changed ? 1 : 0);
}

/** For /status: metadata stays as it was, except for the resourceVersion that the caller holds. */
export function restoreMetadata(object: KubeObject, old: KubeObject): void {
  const { resourceVersion } = object.metadata;
  object.metadata = { ...old.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
}

/** A resource without status: nothing is particular. */
export const plainStrategy: Strategy = {};
