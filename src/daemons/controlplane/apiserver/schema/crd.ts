import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { FieldError } from './field-error.ts';
import type { PrinterColumn } from './resource-description.ts';
import type { SchemaNode } from './schema-node.ts';

/** One version of a CustomResourceDefinition, ready to be served. */
export interface CompiledVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  /** `subresources.status` is declared. */
  readonly hasStatus: boolean;
  readonly schema: SchemaNode;
  readonly printerColumns: readonly PrinterColumn[];
  /** Returns a copy without the fields that the schema does not know; `pruned` collects their paths. */
  prune(object: KubeObject, pruned?: string[]): KubeObject;
  /** Returns a copy with the schema's defaults filled in. */
  default(object: KubeObject): KubeObject;
  validate(object: KubeObject): FieldError[];
}

/** Compiles all versions of a valid CustomResourceDefinition. */
export function compileCrd(crd: KubeObject): CompiledVersion[] {
  void crd;
  return [];
}
