import { isNotFound } from '../../../kube/api-error.ts';
import { Informer } from '../../../kube/informer.ts';
import type { KubeClient } from '../../../kube/client.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import { RESOURCES, type ApiResource, type KubeObject } from '../../../protocol/kubernetes.ts';

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

/** How soon to look again at what has not gone yet (pods in their grace period, finalizers), ms. */
const LOOK_AGAIN_MS = 500;
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
    const delayed = new Set<() => void>();
    scope.defer(() => delayed.forEach((cancel) => cancel()));
    const queue = new WorkQueue(
      scope,
      async (name) => {
        if (await this.#empty(name)) return;
        const cancel = clock.after(LOOK_AGAIN_MS, () => {
          delayed.delete(cancel);
          queue.add(name);
        });
        delayed.add(cancel);
      },
      { clock },
    );
    const namespaces = new Informer<Namespace>({ client, resource: RESOURCES.namespace, clock });
    await namespaces.start(scope);
    const look = ({ metadata }: KubeObject): void => {
      if (metadata.deletionTimestamp !== undefined) queue.add(metadata.name);
    };
    namespaces.onChange(scope, { added: look, updated: (_, namespace) => look(namespace) });
  }

  /** Deletes the contents; true when the namespace needs no further work. */
  async #empty(name: string): Promise<boolean> {
    const { client, finalize, namespacedResources } = this.#deps;
    const namespace = await this.#find(name);
    if (namespace?.metadata.deletionTimestamp === undefined || namespace.spec?.finalizers?.includes(FINALIZER) !== true) return true;
    let left = 0;
    for (const resource of namespacedResources()) {
      for (const { metadata } of (await client.list(resource, { namespace: name })).items) {
        left += 1;
        if (metadata.deletionTimestamp === undefined) await ignoreMissing(client.delete(resource, metadata.name, name));
      }
    }
    if (left > 0) return false;
    const finalizers = namespace.spec.finalizers.filter((finalizer) => finalizer !== FINALIZER);
    await ignoreMissing(finalize({ ...namespace, spec: { ...namespace.spec, finalizers } } as KubeObject));
    return true;
  }

  #find(name: string): Promise<Namespace | undefined> {
    return this.#deps.client.get<Namespace>(RESOURCES.namespace, name).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }
}

async function ignoreMissing(done: Promise<unknown>): Promise<void> {
  await done.catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
