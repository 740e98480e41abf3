import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { FieldError } from './field-error.ts';

/** What is wrong with a CustomResourceDefinition itself. */
export function validateCrd(crd: KubeObject, old?: KubeObject): FieldError[] {
  void crd;
  void old;
  return [];
}

/** A copy with the defaults of apiextensions.k8s.io/v1: names.singular, names.listKind, conversion. */
export function crdDefaults(crd: KubeObject): KubeObject {
  return crd;
}
