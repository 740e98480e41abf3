import type { Bus } from '../../../kernel/bus.ts';
import type { Scope } from '../../../kernel/module.ts';
import type { Informer } from '../../../kube/informer.ts';
import { kubeEdgeMinor } from '../../../protocol/edge-dialect.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { Node } from '../../../protocol/kubernetes.ts';
import type { Message } from '../../../protocol/message.ts';
import { objectMessage } from '../../../protocol/object-message.ts';
import type { CloudEvents } from '../events.ts';

export interface NodePushDeps {
  readonly bus: Bus<CloudEvents>;
  readonly nodes: Informer<Node>;
  readonly send: (nodeName: string, message: Message) => void;
}

/** From this minor version of KubeEdge 1 on an edge does not ask for its Node: it reads what it was told. */
const FIRST_TOLD_MINOR = 23;
/** How those edges, and no older ones, address their Node. */
const OWN_NODE = /^null\/node(patch)?\//;

/**
 * Tells edges of KubeEdge 1.23 and later of their Node, at each connection and whenever it changes, its status included (KubeEdge wire format,
 * cloud to edge). Without it one that has lost its database finds its Node registered, cannot read it, and is never Ready again; and one
 * compares its status with an old one, so that a change back to that is never told.
 */
export class NodePush {
  readonly #deps: NodePushDeps;
  /** Connected nodes whose edges are told. */
  readonly #told = new Set<string>();

  constructor(deps: NodePushDeps) {
    this.#deps = deps;
  }

  start(scope: Scope): void {
    const { bus, nodes } = this.#deps;
    bus.on(scope, 'nodeConnected', ({ nodeName }) => {
      this.#told.delete(nodeName);
      const version: unknown = nodes.get(nodeName)?.status?.nodeInfo?.['kubeletVersion'];
      if (typeof version === 'string' && (kubeEdgeMinor(version) ?? 0) >= FIRST_TOLD_MINOR) this.#begin(nodeName);
    });
    bus.on(scope, 'nodeDisconnected', ({ nodeName }) => void this.#told.delete(nodeName));
    nodes.onChange(scope, {
      added: (node) => this.#push(node),
      updated: (_, node) => this.#push(node),
      deleted: () => undefined,
    });
  }

  /** A message of an edge. Its Node may tell an older version, or none, until the edge has read it. */
  heard(nodeName: string, { route }: Message): void {
    if (!this.#told.has(nodeName) && OWN_NODE.test(route.resource ?? '')) this.#begin(nodeName);
  }

  #begin(nodeName: string): void {
    this.#told.add(nodeName);
    const node = this.#deps.nodes.get(nodeName);
    if (node !== undefined) this.#push(node);
  }

  #push(node: Node): void {
    const nodeName = node.metadata.name;
    if (!this.#told.has(nodeName)) return;
    this.#deps.send(nodeName, objectMessage({ resource: RESOURCES.node, object: node, source: 'edgecontroller' }, 'update'));
  }
}
