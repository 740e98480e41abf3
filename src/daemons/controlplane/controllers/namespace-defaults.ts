import type { Clock } from '../../../kernel/clock.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import { isAlreadyExists } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { Informer } from '../../../kube/informer.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { ConfigMap, KubeObject } from '../../../protocol/kubernetes.ts';

export interface NamespaceDefaultsDeps {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'watch' | 'create' | 'patch'>;
  readonly clock: Clock;
  /** PEM of the cluster's CA. */
  readonly caCert: () => Promise<string>;
}

const ACCOUNT = 'default';
const ROOT_CA = 'kube-root-ca.crt';
const DESCRIPTION = 'Contains a CA bundle that can be used to verify the kube-apiserver.';

/** Gives every namespace its ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`, and puts them back when they are deleted. */
export class NamespaceDefaults implements Module {
  readonly name = 'namespace-defaults';
  readonly #deps: NamespaceDefaultsDeps;

  constructor(deps: NamespaceDefaultsDeps) {
    this.#deps = deps;
  }

  async start(scope: Scope): Promise<void> {
    const { client, clock } = this.#deps;
    const queue = new WorkQueue(scope, (name) => this.#complete(name), { clock });
    const namespaces = new Informer({ client, clock, resource: RESOURCES.namespace });
    const accounts = new Informer({ client, clock, resource: RESOURCES.serviceAccount, fieldSelector: `metadata.name=${ACCOUNT}` });
    const bundles = new Informer({ client, clock, resource: RESOURCES.configMap, fieldSelector: `metadata.name=${ROOT_CA}` });
    await Promise.all([namespaces, accounts, bundles].map((informer) => informer.start(scope)));
    namespaces.onChange(scope, { added: ({ metadata }) => queue.add(metadata.name) });
    const again = ({ metadata }: KubeObject): void => queue.add(metadata.namespace ?? '');
    accounts.onChange(scope, { deleted: again });
    bundles.onChange(scope, { updated: (_, bundle) => again(bundle), deleted: again });
  }

  async #complete(namespace: string): Promise<void> {
    const { client, caCert } = this.#deps;
    const found = await unlessMissing(client.get(RESOURCES.namespace, namespace));
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) return;
    await unlessThere(client.create(RESOURCES.serviceAccount, { metadata: { name: ACCOUNT, namespace } }));
    const data = { 'ca.crt': await caCert() };
    const bundle = await unlessMissing(client.get<ConfigMap>(RESOURCES.configMap, ROOT_CA, namespace));
    const annotations = { 'kubernetes.io/description': DESCRIPTION };
    if (bundle === undefined) {
      const created: ConfigMap = { metadata: { name: ROOT_CA, namespace, annotations }, data };
      await unlessThere(client.create(RESOURCES.configMap, created));
    } else if (bundle.data?.['ca.crt'] !== data['ca.crt']) {
      await client.patch(RESOURCES.configMap, { name: ROOT_CA, namespace }, { data }, 'merge');
    }
  }
}

async function unlessThere(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}
