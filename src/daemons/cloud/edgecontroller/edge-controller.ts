import type { Bus } from '../../../kernel/bus.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import { silentLogger } from '../../../kernel/log.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import type { Informer } from '../../../kube/informer.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { ConfigMap, Node, Pod, Secret } from '../../../protocol/kubernetes.ts';
import type { Message } from '../../../protocol/message.ts';
import type { Desired } from '../../../protocol/object-message.ts';
import type { CloudEvents } from '../events.ts';
import { Downstream } from './downstream.ts';
import { NodePush } from './node-push.ts';
import type { NodeRequestsDeps } from './node-requests.ts';
import { PodIndex } from '../../../kube/pod-index.ts';
import { Upstream } from './upstream.ts';

export interface EdgeControllerDeps extends NodeRequestsDeps {
  readonly bus: Bus<CloudEvents>;
  readonly clock: Clock;
  readonly nodes: Informer<Node>;
  readonly pods: Informer<Pod>;
  readonly configMaps: Informer<ConfigMap>;
  readonly secrets: Informer<Secret>;
  readonly send: (nodeName: string, message: Message) => void;
  /** Ends the session of a node whose Node object is gone: its edge registers again. */
  readonly disconnect: (nodeName: string, reason: string) => void;
}

/** Pods, ConfigMaps and Secrets down to the edges; Nodes, Leases and the status of pods up to the API. */
export class EdgeController implements Module {
  readonly name = 'edgecontroller';
  readonly #deps: EdgeControllerDeps;
  readonly #downstream: Downstream;
  readonly #upstream: Upstream;
  readonly #nodePush: NodePush;
  readonly #addresses = new Map<string, string>();
  #annotations: WorkQueue | undefined;
  #log: Logger = silentLogger;

  constructor(deps: EdgeControllerDeps) {
    this.#deps = deps;
    const index = new PodIndex();
    this.#downstream = new Downstream({ ...deps, index });
    this.#nodePush = new NodePush(deps);
    this.#upstream = new Upstream({
      ...deps,
      index,
      annotationsOf: (nodeName) => ({ ...deps.annotationsOf(nodeName), ...this.#cloudcoreOf(nodeName) }),
    });
  }

  start(scope: Scope): Promise<void> {
    const { bus, nodes, clock, disconnect } = this.#deps;
    this.#log = scope.log;
    const annotations = (this.#annotations = new WorkQueue(scope, (nodeName) => this.#annotate(nodeName), { concurrency: 4, clock }));
    bus.on(scope, 'nodeConnected', ({ nodeName, localAddress }) => {
      this.#addresses.set(nodeName, localAddress);
      annotations.add(nodeName);
    });
    bus.on(scope, 'nodeDisconnected', ({ nodeName }) => {
      this.#addresses.delete(nodeName);
    });
    nodes.onChange(scope, { deleted: ({ metadata }) => disconnect(metadata.name, 'the Node was deleted') });
    this.#downstream.start(scope);
    this.#nodePush.start(scope);
    return Promise.resolve();
  }

  status(): ModuleStatus {
    const lastError = this.#annotations?.lastError;
    return lastError === undefined ? { state: 'ok' } : { state: 'degraded', detail: `Nodes cannot be annotated: ${lastError}` };
  }

  /** One message of a node, for which CloudHub found no more special taker. */
  receive(nodeName: string, message: Message): Promise<void> {
    this.#nodePush.heard(nodeName, message);
    return this.#upstream.receive(nodeName, message, this.#log);
  }

  /** The objects of this controller that the node should have, in the order in which it should get them. */
  desiredFor(nodeName: string): Desired[] {
    return this.#downstream.desiredFor(nodeName);
  }

  /** KubeEdge ≥ 1.18 notes on the Node which cloudcore it is connected to. */
  #cloudcoreOf(nodeName: string): Record<string, string> {
    const cloudcore = this.#addresses.get(nodeName);
    return cloudcore === undefined ? {} : { cloudcore };
  }

  async #annotate(nodeName: string): Promise<void> {
    const { cloudcore } = this.#cloudcoreOf(nodeName);
    const node = this.#deps.nodes.get(nodeName);
    if (cloudcore === undefined || node === undefined || node.metadata.annotations?.['cloudcore'] === cloudcore) return;
    const patch = { metadata: { annotations: { cloudcore } } };
    await unlessMissing(this.#deps.kube.patch(RESOURCES.node, { name: nodeName }, patch, 'merge'));
  }
}
