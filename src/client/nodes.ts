import { KedgeError } from '../kernel/errors.ts';
import { isAlreadyExists } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { isNodeName } from '../protocol/node-name.ts';
import { RESOURCES } from '../protocol/kubernetes.ts';
import type { Node } from '../protocol/kubernetes.ts';
import { mustFind } from './must-find.ts';

/**
 * Registers a node before its edge joins, as KubeEdge's node.json did. Again, it only adds what labels are missing.
 * @throws KedgeError INVALID_INPUT for what cannot be a node's name
 */
export async function registerNode(client: KubeClient, name: string, labels: Readonly<Record<string, string>> = {}): Promise<Node> {
  if (!isNodeName(name))
    throw new KedgeError('INVALID_INPUT', `"${name}" cannot be the name of a node`, { hint: 'lower case letters, digits, - and .' });
  const metadata = { name, labels: { name, 'node-role.kubernetes.io/edge': '', 'node-role.kubernetes.io/agent': '', ...labels } };
  try {
    return await client.create<Node>(RESOURCES.node, { apiVersion: 'v1', kind: 'Node', metadata });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return client.patch<Node>(RESOURCES.node, { name }, { metadata: { labels: metadata.labels } }, 'merge');
  }
}

/** @throws KedgeError NOT_FOUND */
export function getNode(client: KubeClient, name: string): Promise<Node> {
  return mustFind(client.get<Node>(RESOURCES.node, name), `node ${name}`, 'kedge node list');
}

/** `Ready`, `NotReady`, or `Unknown` for a node that no edge has spoken for yet. */
export function nodeState({ status, spec }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const state = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable === true ? `${state},SchedulingDisabled` : state;
}

const ROLE = 'node-role.kubernetes.io/';

/** The roles that the node's labels give it, sorted. */
export function nodeRoles({ metadata }: Node): string[] {
  return Object.keys(metadata.labels ?? {})
    .filter((label) => label.startsWith(ROLE))
    .map((label) => label.slice(ROLE.length))
    .sort();
}
