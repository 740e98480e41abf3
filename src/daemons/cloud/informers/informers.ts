import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import type { Informer } from '../../../kube/informer.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';

type AnyInformer = Pick<Informer<KubeObject>, 'start' | 'status'>;

/** Follows the Kubernetes API for all controllers. They start when every first list is complete. */
export class Informers implements Module {
  readonly name = 'informers';
  readonly #informers: readonly AnyInformer[];

  constructor(informers: readonly AnyInformer[]) {
    this.#informers = informers;
  }

  async start(scope: Scope): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.start(scope)));
  }

  status(): ModuleStatus {
    const lastError = this.#informers.map((informer) => informer.status().lastError).find((error) => error !== undefined);
    return lastError === undefined ? { state: 'ok' } : { state: 'degraded', detail: lastError };
  }
}
