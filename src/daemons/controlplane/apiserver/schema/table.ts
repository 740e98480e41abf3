import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { JsonObject } from './json.ts';
import type { ResourceDescription } from './resource-description.ts';

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

/** meta.k8s.io/v1 Table; the caller sets metadata (resourceVersion, continue, remainingItemCount). */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  metadata: JsonObject;
  columnDefinitions: TableColumn[];
  rows: { cells: unknown[]; object?: unknown }[];
}

/** How much of each object a row carries (`includeObject` of TableOptions). */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** Shows objects of one resource as a table, as `kubectl get` asks for it. */
export function renderTable(
  entry: Pick<ResourceDescription, 'resource' | 'printerColumns'>,
  objects: readonly KubeObject[],
  options: { now: Date; includeObject: IncludeObject },
): Table {
  entry;
  objects;
  options;
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: {}, columnDefinitions: [], rows: [] };
}
