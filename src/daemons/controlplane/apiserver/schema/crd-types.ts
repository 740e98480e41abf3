import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { PrinterColumn } from './resource-description.ts';
import type { SchemaNode } from './schema-node.ts';

/** apiextensions.k8s.io/v1 CustomResourceDefinition, as far as it is read here; nothing in it is certain before it is validated. */
export interface CrdObject extends KubeObject {
  spec?: CrdSpec;
  status?: { conditions?: { type: string; status: string }[] };
}

export interface CrdSpec {
  group?: string;
  scope?: string;
  names?: CrdNames;
  versions?: CrdVersion[];
  conversion?: { strategy?: string; webhook?: { clientConfig?: object; conversionReviewVersions?: string[] } };
  preserveUnknownFields?: boolean;
}

export interface CrdNames {
  plural?: string;
  singular?: string;
  kind?: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

export interface CrdVersion {
  name?: string;
  served?: boolean;
  storage?: boolean;
  schema?: { openAPIV3Schema?: SchemaNode };
  subresources?: { status?: object; scale?: { specReplicasPath?: string; statusReplicasPath?: string; labelSelectorPath?: string } };
  additionalPrinterColumns?: Partial<PrinterColumn>[];
  selectableFields?: { jsonPath?: string }[];
}
