import type { ApiResource } from '../../../../protocol/kubernetes.ts';
import type { SchemaNode } from './schema-node.ts';

/** A printer column: `additionalPrinterColumns` of a CustomResourceDefinition. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

/** What schema/** needs to know of a served resource to describe it (OpenAPI) or to show it (Table). */
export interface ResourceDescription {
  readonly resource: ApiResource;
  readonly schema: SchemaNode;
  /** `status`, … */
  readonly subresources: readonly string[];
  readonly verbs: readonly string[];
  /** Set for custom resources; built-in kinds have their own columns. */
  readonly printerColumns?: readonly PrinterColumn[];
}
