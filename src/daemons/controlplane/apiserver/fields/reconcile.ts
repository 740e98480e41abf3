import { mapNodes, type FieldNode, type FieldSet, EMPTY_SET } from './field-set.ts';
import type { FieldType } from './field-type.ts';
import { typeBelow } from './remove.ts';

/**
 * A set that was written under another schema: what is owned as a whole today was perhaps owned in parts, and whoever owned a part owns the
 * whole. The other way round is taken as if it had always been in parts, as Kubernetes does.
 */
export function reconcile(type: FieldType, set: FieldSet): FieldSet {
  return mapNodes(set, (element, node) => {
    if (node.children.size === 0) return node;
    const childType = typeBelow(type, element);
    if (childType === undefined) return node;
    return isAtomic(childType) ? WHOLE : withChildren(node, reconcile(childType, node.children));
  });
}

const WHOLE: FieldNode = { member: true, children: EMPTY_SET };

function withChildren(node: FieldNode, children: FieldSet): FieldNode {
  return children === node.children ? node : { member: node.member, children };
}

/** What may be parts and a whole, by its value, is left alone: only a value would tell. */
function isAtomic({ map, list, scalar }: FieldType): boolean {
  if (scalar !== undefined) return false;
  return map !== undefined ? map.atomic : list?.kind === 'atomic';
}
