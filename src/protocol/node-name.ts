import { isObjectName } from './kube-object.ts';

/** The group of all nodes; an edge's certificate has it as its organization (KubeEdge ≥ 1.16, as Kubernetes). */
export const NODES_GROUP = 'system:nodes';

/** The common name of every edge up to KubeEdge 1.15. */
export const LEGACY_USER = 'kubeedge.io';

/** Their organization: `kubeEdge` as edges ask for it, `KubeEdge` as clouds know it. */
export function isLegacyGroup(organization: string): boolean {
  return organization === 'kubeEdge' || organization === 'KubeEdge';
}

/** A Kubernetes node name, which is an object's name as any other. */
export function isNodeName(name: string): boolean {
  return isObjectName(name);
}

const USER_PREFIX = 'system:node:';

/** The user name of a node, which is its certificate's common name. */
export function nodeUser(nodeName: string): string {
  return `${USER_PREFIX}${nodeName}`;
}

/** The name of the node that a user is; undefined for everybody else. It is '' for a node that does not say which one. */
export function nodeOfUser({ name, groups }: { readonly name: string; readonly groups: readonly string[] }): string | undefined {
  return name.startsWith(USER_PREFIX) && groups.includes(NODES_GROUP) ? name.slice(USER_PREFIX.length) : undefined;
}
