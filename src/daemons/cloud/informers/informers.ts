import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import type { KubeClient } from '../../../kube/client.ts';
import type { Informer } from '../../../kube/informer.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';

type AnyInformer = Pick<Informer<KubeObject>, 'start' | 'status'>;

/** Follows the Kubernetes API for all controllers, which start when every first list is complete. */
export class Informers implements Module {
  readonly name = 'informers';
  readonly #kube: KubeClient;
  readonly #informers: readonly AnyInformer[];

  constructor(kube: KubeClient, informers: readonly AnyInformer[]) {
    this.#kube = kube;
    this.#informers = informers;
  }

  async start(scope: Scope): Promise<void> {
    scope.defer(() => this.#kube.close());
    await Promise.all(this.#informers.map((informer) => informer.start(scope)));
  }

  status(): ModuleStatus {
    const lastError = this.#informers.map((informer) => informer.status().lastError).find((error) => error !== undefined);
    return lastError === undefined ? { state: 'ok' } : { state: 'degraded', detail: `the Kubernetes API does not answer: ${lastError}` };
  }
}
