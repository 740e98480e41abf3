import type { KubeList, KubeObject, Status } from '../../../../protocol/kubernetes.ts';
import { renderTable, type IncludeObject, type Table } from '../schema/table.ts';
import type { ServedResource } from '../served-resource.ts';
import type { Representation } from './negotiate.ts';

export interface Shaping {
  readonly entry: ServedResource;
  readonly as: Representation['as'] | undefined;
  readonly includeObject: IncludeObject;
  readonly now: Date;
}

/** One object in the shape that was asked for. */
export function shapeObject(object: KubeObject, shaping: Shaping): unknown {
  if (shaping.as === undefined) return object;
  if (shaping.as !== 'Table') return metadataOf(object);
  return tableOf([object], { resourceVersion: object.metadata.resourceVersion ?? '' }, shaping);
}

/** A list in the shape that was asked for. Items of built-in kinds carry no apiVersion and kind, as Kubernetes sends them. */
export function shapeList(list: KubeList, shaping: Shaping): unknown {
  if (shaping.as === 'Table') return tableOf(list.items, list.metadata, shaping);
  if (shaping.as !== undefined) {
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata: list.metadata, items: list.items.map(metadataOf) };
  }
  if (shaping.entry.custom !== undefined) return list;
  return { ...list, items: list.items.map(withoutKind) };
}

/** An item of a list of a built-in kind. */
export function withoutKind(item: KubeObject): object {
  return { ...item, apiVersion: undefined, kind: undefined };
}

/** An object, a list, or a Status, which keeps its shape. */
export function shapeAny(value: KubeObject | KubeList | Status, shaping: Shaping): unknown {
  if (value.kind === 'Status') return value;
  return value.kind === shaping.entry.listKind ? shapeList(value as KubeList, shaping) : shapeObject(value as KubeObject, shaping);
}

function metadataOf({ metadata }: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function tableOf(objects: readonly KubeObject[], metadata: object, { entry, includeObject, now }: Shaping): Table {
  return { ...renderTable(entry, objects, { now, includeObject }), metadata: { ...metadata } };
}
