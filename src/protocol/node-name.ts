const NODE_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NODE_USER = 'system:node:';

/** The group of all nodes; an edge's certificate has it as its organization (KubeEdge ≥ 1.16, as Kubernetes). */
export const NODES_GROUP = 'system:nodes';

/** A Kubernetes node name: a DNS subdomain of at most 253 characters, lower case (RFC 1123). */
export function isNodeName(name: string): boolean {
  return name.length <= 253 && NODE_NAME.test(name);
}

/** The user name of a node, which is its certificate's common name. */
export function nodeUser(nodeName: string): string {
  return NODE_USER + nodeName;
}

/** The node that a certificate's common name stands for; undefined when it is no node's. */
export function nodeOfUser(user: string): string | undefined {
  return user.startsWith(NODE_USER) ? user.slice(NODE_USER.length) : undefined;
}
