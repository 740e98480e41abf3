import type { KubeClient } from '../../../kube/client.ts';
import type { Informer } from '../../../kube/informer.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { STORE_ANNOTATION } from '../../../protocol/edge-store.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { Node } from '../../../protocol/kubernetes.ts';

export interface EdgeStoresDeps {
  readonly kube: KubeClient;
  readonly nodes: Informer<Node>;
  /** Ends the session of a node, and makes the checks of its connections that go on start again. */
  readonly disconnect: (nodeName: string, reason: string) => void;
  /** Resolves when the node is taken for one that has nothing, also after a restart. */
  readonly refill: (nodeName: string) => Promise<void>;
}

/**
 * Which store the ObjectSyncs of each node are about. An edge that comes with another one has lost what it had acknowledged, be it that its
 * database is gone or that it was installed anew, and gets everything again. The id is recorded last: a cloud that ends before finds the
 * difference again.
 */
export class EdgeStores {
  readonly #deps: EdgeStoresDeps;
  /** Of the nodes' newest connections; undefined where the edge does not tell. */
  readonly #admitted = new Map<string, string | undefined>();

  constructor(deps: EdgeStoresDeps) {
    this.#deps = deps;
  }

  /** Before a connection is opened. @throws what the API throws; the connection must not be opened then */
  async admit(nodeName: string, storeId: string | undefined): Promise<void> {
    if (storeId !== undefined && !this.#isRecorded(nodeName, storeId)) await this.#compare(nodeName, storeId);
    this.#admitted.set(nodeName, storeId);
  }

  /**
   * An edge has registered a Node that is there already. KubeEdge's edges do that once whenever they start, with or without their database,
   * and give no better sign that it is gone. They are to be answered after this: who gets no answer registers again.
   */
  async started(nodeName: string): Promise<void> {
    const { nodes, refill, kube } = this.#deps;
    if (this.#admitted.get(nodeName) !== undefined) return;
    if (storeIn(nodes.get(nodeName)) !== undefined) await record(kube, nodeName, null);
    await refill(nodeName);
  }

  /** For a Node that its edge is about to register. */
  annotationsOf(nodeName: string): Record<string, string> {
    const storeId = this.#admitted.get(nodeName);
    return storeId === undefined ? {} : { [STORE_ANNOTATION]: storeId };
  }

  #isRecorded(nodeName: string, storeId: string): boolean {
    return storeIn(this.#deps.nodes.get(nodeName)) === storeId && (this.#admitted.get(nodeName) ?? storeId) === storeId;
  }

  async #compare(nodeName: string, storeId: string): Promise<void> {
    const { kube, disconnect, refill } = this.#deps;
    const node = await unlessMissing(kube.get<Node>(RESOURCES.node, nodeName));
    if ((node === undefined ? this.#admitted.get(nodeName) : storeIn(node)) === storeId) return;
    disconnect(nodeName, 'this edge has another store than before');
    await refill(nodeName);
    if (node !== undefined) await record(kube, nodeName, storeId);
  }
}

function storeIn(node: Node | undefined): string | undefined {
  return node?.metadata.annotations?.[STORE_ANNOTATION];
}

async function record(kube: KubeClient, nodeName: string, storeId: string | null): Promise<void> {
  const patch = { metadata: { annotations: { [STORE_ANNOTATION]: storeId } } };
  await unlessMissing(kube.patch(RESOURCES.node, { name: nodeName }, patch, 'merge'));
}
