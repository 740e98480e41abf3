import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { builtinColumns } from './builtin-columns.ts';
import { AGE_COLUMN, NAME_COLUMN, type Column } from './column.ts';
import { ageOf } from './human-duration.ts';
import type { JsonObject } from './json.ts';
import { jsonPath } from './json-path.ts';
import type { PrinterColumn, ResourceDescription } from './resource-description.ts';

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
  { resource, printerColumns }: Pick<ResourceDescription, 'resource' | 'printerColumns'>,
  objects: readonly KubeObject[],
  { now, includeObject }: { now: Date; includeObject: IncludeObject },
): Table {
  const columns = (printerColumns === undefined ? builtinColumns(resource) : undefined) ?? customColumns(printerColumns ?? []);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: columns.map(({ name, type = 'string', format = '', description = '', priority = 0 }) => {
      return { name, type, format, description, priority };
    }),
    rows: objects.map((object) => {
      const cells = columns.map(({ cell }) => cell(object, now) ?? null);
      return includeObject === 'None' ? { cells } : { cells, object: includeObject === 'Object' ? object : partial(object) };
    }),
  };
}

function partial({ metadata }: KubeObject): unknown {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

/** The name, and what the CustomResourceDefinition adds; the age if it adds nothing. */
function customColumns(added: readonly PrinterColumn[]): Column[] {
  if (added.length === 0) return [NAME_COLUMN, { ...AGE_COLUMN, type: 'date' }];
  return [NAME_COLUMN, ...added.map(customColumn)];
}

function customColumn({ name, type, format = '', description = '', priority = 0, jsonPath: path }: PrinterColumn): Column {
  const find = jsonPath(path);
  return {
    name,
    type: type as NonNullable<Column['type']>,
    format,
    description: description === '' ? `Custom resource definition column (in JSONPath format): ${path}` : description,
    priority,
    cell: (object, now) => cellOf(type, find(object)[0], now),
  };
}

/** Null for what is missing or not of the column's type. */
function cellOf(type: string, value: unknown, now: Date): unknown {
  if (value === undefined) return null;
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : JSON.stringify(value);
    case 'date':
      return ageOf(value, now);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    default:
      return typeof value === type ? value : null;
  }
}
