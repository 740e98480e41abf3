const NODE_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** The group of all nodes; an edge's certificate has it as its organization (KubeEdge ≥ 1.16, as Kubernetes). */
export const NODES_GROUP = 'system:nodes';

/** A Kubernetes node name: a DNS subdomain of at most 253 characters, lower case (RFC 1123). */
export function isNodeName(name: string): boolean {
  return name.length <= 253 && NODE_NAME.test(name);
}

/** The user name of a node, which is its certificate's common name. */
export function nodeUser(nodeName: string): string {
  return `system:node:${nodeName}`;
}
