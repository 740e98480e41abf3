import { LEASE_NAMESPACE, RESOURCES } from '../../../protocol/kubernetes.ts';
import { PLAIN_WRITE, type ApiContext } from './api-context.ts';
import { createObject } from './object-create.ts';

/** The namespaces that every Kubernetes API server has. */
const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', LEASE_NAMESPACE];

/** Creates those that are missing. */
export async function bootstrapNamespaces(context: ApiContext): Promise<void> {
  const { group, version, plural } = RESOURCES.namespace;
  const entry = context.registry.find(group, version, plural);
  if (entry === undefined) return;
  const missing = SYSTEM_NAMESPACES.filter((name) => context.store.get({ resource: plural, namespace: '', name }) === undefined);
  const target = { entry, namespace: '', name: '', subresource: '' };
  await Promise.all(missing.map((name) => createObject(context, target, { metadata: { name } }, PLAIN_WRITE)));
}
