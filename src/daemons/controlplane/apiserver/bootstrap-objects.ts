import type { Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import { RESOURCES, type ApiResource, type KubeObject } from '../../../protocol/kubernetes.ts';
import { PLAIN_WRITE, type ApiContext } from './api-context.ts';
import { createObject } from './object-create.ts';
import { SYSTEM_PRIORITY_CLASSES } from './schema/policy-validation.ts';
import type { ServiceNetwork } from './service-network.ts';
import { groupResource } from './status-error.ts';

const HTTPS = 443;

/** What is done here, as Kubernetes' health checks name it. */
export const START_STEPS = ['bootstrap-controller', 'scheduling/bootstrap-system-priority-classes'] as const;

/**
 * Creates what every cluster has beside its namespaces, if it is missing: the system's priority classes and the Service `kubernetes`, which comes
 * back whenever somebody deletes it (Kubernetes looks for it every ten seconds).
 */
export async function bootstrapObjects(context: ApiContext, network: ServiceNetwork, port: number, scope: Scope): Promise<void> {
  for (const { name, value, description } of SYSTEM_PRIORITY_CLASSES) {
    await createMissing(context, RESOURCES.priorityClass, { metadata: { name }, value, description } as KubeObject);
  }
  const service = kubernetesService(network, port);
  const restore = (): Promise<void> => createMissing(context, RESOURCES.service, service);
  await restore();
  const queue = new WorkQueue(scope, restore, { clock: context.clock });
  const { name, namespace } = service.metadata;
  scope.defer(
    context.store.subscribe(groupResource(RESOURCES.service), ({ type, ...deleted }) => {
      if (type === 'DELETED' && deleted.name === name && deleted.namespace === namespace) queue.add(name);
    }),
  );
}

/** How pods reach this API server. */
function kubernetesService(network: ServiceNetwork, port: number): KubeObject {
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const ports = [{ name: 'https', protocol: 'TCP', port: HTTPS, targetPort: port }];
  const spec = { clusterIP: network.address(1), ports, sessionAffinity: 'None', type: 'ClusterIP' };
  return { metadata: { name: 'kubernetes', namespace: 'default', labels }, spec } as KubeObject;
}

async function createMissing(context: ApiContext, resource: ApiResource, object: KubeObject): Promise<void> {
  const { name, namespace = '' } = object.metadata;
  if (context.store.get({ resource: groupResource(resource), namespace, name }) !== undefined) return;
  const entry = context.registry.find(resource.group, resource.version, resource.plural);
  if (entry === undefined) return;
  await createObject(context, { entry, namespace, name: '', subresource: '' }, object, PLAIN_WRITE);
}
