import { isAlreadyExists, isConflict } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { LEASE_NAMESPACE, RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeObject, Lease, Node, Taint } from '../../../protocol/kubernetes.ts';
import { isRecord } from '../../../protocol/message.ts';
import { objectIn, refusal } from './answers.ts';
import type { UpstreamRequest } from './upstream-request.ts';

const UPDATE_ATTEMPTS = 3;

export interface NodeRequestsDeps {
  readonly kube: KubeClient;
  /** What the cloud notes on a Node that its edge registers. */
  readonly annotationsOf: (nodeName: string) => Record<string, string>;
  /** An edge registers a Node that is there already. It is answered after this. */
  readonly onRegisteredAgain: (nodeName: string) => Promise<void>;
}

/** What an edge may do with its own Node and Lease, and with no others. */
export class NodeRequests {
  readonly #deps: NodeRequestsDeps;
  readonly #kube: KubeClient;

  constructor(deps: NodeRequestsDeps) {
    this.#deps = deps;
    this.#kube = deps.kube;
  }

  /** A plain create: for a Node that exists the edge expects AlreadyExists, then it asks for the Node and patches it. */
  async insert(request: UpstreamRequest): Promise<KubeObject> {
    const { spec = {}, status = {}, ...node } = ownObject<Node>(request);
    const { labels = {}, annotations: own } = writable(node.metadata);
    const annotations = { ...own, ...this.#deps.annotationsOf(request.nodeName) };
    const created: Node = { metadata: { name: request.nodeName, labels, annotations }, spec, status };
    try {
      return await this.#kube.create(RESOURCES.node, created);
    } catch (error) {
      if (isAlreadyExists(error)) await this.#deps.onRegisteredAgain(request.nodeName);
      throw error;
    }
  }

  query(request: UpstreamRequest): Promise<KubeObject> {
    return this.#kube.get(RESOURCES.node, ownName(request));
  }

  /** Labels and annotations are merged, nothing is removed. Of the spec a kedge edge may add its own taints (`kedge.io/…`), no others. */
  async update(request: UpstreamRequest): Promise<string> {
    const { metadata, spec } = ownObject<Node>(request);
    const { labels = {}, annotations = {} } = writable(metadata);
    const own = (spec?.taints ?? []).filter(({ key }) => key.startsWith('kedge.io/'));
    for (let attempt = 1; ; attempt += 1) {
      const tainted = own.length === 0 ? undefined : await this.#tainted(request.nodeName, own);
      const patch = { ...tainted, metadata: { ...tainted?.metadata, labels, annotations } };
      try {
        await this.#kube.patch(RESOURCES.node, { name: request.nodeName }, patch, 'strategic');
        return 'OK';
      } catch (error) {
        if (attempt === UPDATE_ATTEMPTS || !isConflict(error)) throw error;
      }
    }
  }

  /** The Node's taints with its own. Patches replace the whole list, so the Node must not have changed meanwhile. */
  async #tainted(nodeName: string, own: readonly Taint[]): Promise<Pick<Node, 'spec'> & { metadata: { resourceVersion?: string } }> {
    const { metadata, spec } = await this.#kube.get<Node>(RESOURCES.node, nodeName);
    const others = (spec?.taints ?? []).filter((taint) => !own.some(({ key, effect }) => key === taint.key && effect === taint.effect));
    const { resourceVersion } = metadata;
    return { metadata: resourceVersion === undefined ? {} : { resourceVersion }, spec: { taints: [...others, ...own] } };
  }

  /** Status, labels and annotations travel, as a kubelet's patch may hold them; owners, finalizers and the spec do not. */
  patchStatus(request: UpstreamRequest): Promise<KubeObject> {
    const target = { name: ownName(request), subresource: 'status' } as const;
    const { metadata, status = {} } = objectIn(request.message);
    const { uid } = isRecord(metadata) ? metadata : {};
    const own = { ...(typeof uid === 'string' ? { uid } : {}), ...writable(metadata) };
    return this.#kube.patch(RESOURCES.node, target, { ...(Object.keys(own).length === 0 ? {} : { metadata: own }), status }, 'strategic');
  }

  /** Edges up to 1.11. */
  async oldStatus(request: UpstreamRequest): Promise<string> {
    const { Status: status = {} } = objectIn(request.message) as { Status?: unknown };
    await this.#kube.patch(RESOURCES.node, { name: ownName(request), subresource: 'status' }, { status }, 'strategic');
    return 'OK';
  }

  insertLease(request: UpstreamRequest): Promise<KubeObject> {
    return this.#kube.create(RESOURCES.lease, ownLease(request), LEASE_NAMESPACE);
  }

  updateLease(request: UpstreamRequest): Promise<KubeObject> {
    const lease = ownLease(request);
    return this.#kube.update(RESOURCES.lease, { ...lease, metadata: { ...lease.metadata, namespace: LEASE_NAMESPACE } });
  }

  queryLease(request: UpstreamRequest): Promise<KubeObject> {
    checkLease(request);
    return this.#kube.get(RESOURCES.lease, ownName(request), LEASE_NAMESPACE);
  }
}

const RESTRICTED_LABELS = /(^|\.)node-restriction\.kubernetes\.io$/;

/**
 * Of the metadata that an edge sends for its Node, what it may write. Labels of node-restriction.kubernetes.io are the administrator's
 * (Kubernetes' NodeRestriction); a whole Node that comes back with them changes nothing about them.
 */
function writable(metadata: unknown): { labels?: Record<string, string>; annotations?: Record<string, string> } {
  const { labels, annotations } = isRecord(metadata) ? metadata : {};
  // Keys with a dollar would be directives of the strategic merge patch.
  const free = (map: object, isFree: (key: string) => boolean): Record<string, string> =>
    Object.fromEntries(Object.entries(map as Record<string, string>).filter(([key]) => !key.startsWith('$') && isFree(key)));
  return {
    ...(isRecord(labels) && { labels: free(labels, (key) => !RESTRICTED_LABELS.test(key.split('/')[0] ?? '')) }),
    ...(isRecord(annotations) && { annotations: free(annotations, () => true) }),
  };
}

function checkLease({ namespace, nodeName }: UpstreamRequest): void {
  if (namespace !== LEASE_NAMESPACE) throw refusal(403, 'Forbidden', `node ${nodeName} may use leases of ${LEASE_NAMESPACE} only`);
}

/** Nothing of it holds up a deletion: finalizers do not travel, nor do owners but its Node. */
function ownLease(request: UpstreamRequest): Lease {
  checkLease(request);
  const lease = ownObject<Lease>(request);
  const { ownerReferences } = lease.metadata;
  const isNode = ({ kind, name }: { kind: string; name: string }): boolean => kind === 'Node' && name === request.nodeName;
  const metadata = { ...lease.metadata, ...(Array.isArray(ownerReferences) && { ownerReferences: ownerReferences.filter(isNode) }) };
  delete metadata.finalizers;
  return { ...lease, metadata };
}

function ownName({ name, nodeName }: UpstreamRequest): string {
  if (name !== nodeName) throw refusal(403, 'Forbidden', `node ${nodeName} may not speak for node ${name}`);
  return name;
}

function ownObject<T extends KubeObject>(request: UpstreamRequest): T {
  const object = objectIn(request.message);
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  if (metadata['name'] !== ownName(request)) throw refusal(422, 'Invalid', 'metadata.name is not the name in the resource');
  return { ...object, metadata } as unknown as T;
}
