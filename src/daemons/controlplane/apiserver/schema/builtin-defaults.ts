import type { ApiResource, KubeObject } from '../../../../protocol/kubernetes.ts';

/** A copy with the defaults that the API server fills in for a built-in kind. */
export function builtinDefaults(resource: ApiResource, object: KubeObject): KubeObject {
  void resource;
  return object;
}
