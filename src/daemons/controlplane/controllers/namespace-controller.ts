import type { KubeClient } from '../../../kube/client.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { RESOURCES, type ApiResource, type KubeObject } from '../../../protocol/kubernetes.ts';
import { finishDeletions } from './finish-deletions.ts';

export interface NamespaceControllerDeps {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'watch' | 'delete'>;
  /** Takes the last finalizer off spec.finalizers. */
  readonly finalize: (namespace: KubeObject) => Promise<unknown>;
  /** The resources that live in namespaces, each in one version. */
  readonly namespacedResources: () => readonly ApiResource[];
  readonly clock: Clock;
}

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
}

const FINALIZER = 'kubernetes';

/** Empties namespaces that are being deleted, then lets them go. */
export class NamespaceController implements Module {
  readonly name = 'namespace-controller';
  readonly #deps: NamespaceControllerDeps;

  constructor(deps: NamespaceControllerDeps) {
    this.#deps = deps;
  }

  async start(scope: Scope): Promise<void> {
    const { client, clock } = this.#deps;
    await finishDeletions(scope, { client, clock, resource: RESOURCES.namespace }, (name) => this.#empty(name));
  }

  /** Deletes the contents; true when the namespace needs no further work. */
  async #empty(name: string): Promise<boolean> {
    const { client, finalize, namespacedResources } = this.#deps;
    const namespace = await unlessMissing(client.get<Namespace>(RESOURCES.namespace, name));
    if (namespace?.metadata.deletionTimestamp === undefined || namespace.spec?.finalizers?.includes(FINALIZER) !== true) return true;
    let left = 0;
    for (const resource of namespacedResources()) {
      for (const { metadata } of (await client.list(resource, { namespace: name })).items) {
        left += 1;
        if (metadata.deletionTimestamp === undefined) await unlessMissing(client.delete(resource, metadata.name, name));
      }
    }
    if (left > 0) return false;
    const finalizers = namespace.spec.finalizers.filter((finalizer) => finalizer !== FINALIZER);
    await unlessMissing(finalize({ ...namespace, spec: { ...namespace.spec, finalizers } } as KubeObject));
    return true;
  }
}
