import type { Scope } from '../../../kernel/module.ts';
import type { Informer } from '../../../kube/informer.ts';
import { keyOf } from '../../../kube/object-cache.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { ConfigMap, KubeObject, Pod, Secret } from '../../../protocol/kubernetes.ts';
import type { Message } from '../../../protocol/message.ts';
import { fingerprintOf, objectMessage } from '../../../protocol/object-message.ts';
import type { Desired } from '../../../protocol/object-message.ts';
import type { PodIndex } from '../../../kube/pod-index.ts';

export interface DownstreamDeps {
  readonly pods: Informer<Pod>;
  readonly configMaps: Informer<ConfigMap>;
  readonly secrets: Informer<Secret>;
  /** Kept up to date here. */
  readonly index: PodIndex;
  readonly send: (nodeName: string, message: Message) => void;
}

type Operation = 'insert' | 'update' | 'delete';

/**
 * Pods to the node that they are bound to, ConfigMaps and Secrets to the nodes whose pods refer to them, when they change in
 * more than their status (KubeEdge wire format, EdgeController cloud to edge).
 */
export class Downstream {
  readonly #deps: DownstreamDeps;

  constructor(deps: DownstreamDeps) {
    this.#deps = deps;
  }

  start(scope: Scope): void {
    const { pods, configMaps, secrets, index } = this.#deps;
    pods.onChange(scope, {
      added: (pod) => {
        index.set(pod);
        this.#sendPod('insert', pod);
      },
      updated: (old, pod) => {
        index.remove(old);
        index.set(pod);
        if (fingerprintOf(old) !== fingerprintOf(pod)) this.#sendPod(old.spec?.nodeName === undefined ? 'insert' : 'update', pod);
      },
      deleted: (pod) => {
        index.remove(pod);
        this.#sendPod('delete', pod);
      },
    });
    configMaps.onChange(scope, this.#pushes('configMaps', 'insert'));
    // KubeEdge announces new secrets as updates.
    secrets.onChange(scope, this.#pushes('secrets', 'update'));
  }

  /** Everything that the node should have, what pods need before the pods. */
  desiredFor(nodeName: string): Desired[] {
    const { configMaps, secrets, index } = this.#deps;
    const referenced = <T extends KubeObject>(kind: 'configMaps' | 'secrets', informer: Informer<T>): Desired[] =>
      [...index.referencesOf(nodeName, kind)]
        .map((key) => informer.get(key))
        .filter((object) => object !== undefined)
        .map((object) => desired(kind, object));
    return [
      ...referenced('configMaps', configMaps),
      ...referenced('secrets', secrets),
      ...index.podsOf(nodeName).map((pod) => desired('pods', pod)),
    ];
  }

  #sendPod(operation: Operation, pod: Pod): void {
    const nodeName = pod.spec?.nodeName;
    if (nodeName) this.#deps.send(nodeName, objectMessage(desired('pods', pod), operation));
  }

  #pushes(kind: 'configMaps' | 'secrets', forNew: Operation) {
    const push = (operation: Operation, object: KubeObject): void => {
      for (const nodeName of this.#deps.index.nodesUsing(kind, keyOf(object))) {
        this.#deps.send(nodeName, objectMessage(desired(kind, object), operation));
      }
    };
    return {
      added: (object: KubeObject) => push(forNew, object),
      updated: (old: KubeObject, object: KubeObject) => {
        if (fingerprintOf(old) !== fingerprintOf(object)) push('update', object);
      },
      deleted: (object: KubeObject) => push('delete', object),
    };
  }
}

const KINDS = { pods: RESOURCES.pod, configMaps: RESOURCES.configMap, secrets: RESOURCES.secret };

function desired(kind: keyof typeof KINDS, object: KubeObject): Desired {
  return { resource: KINDS[kind], object, source: 'edgecontroller' };
}
