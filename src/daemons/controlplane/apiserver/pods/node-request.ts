import { RESOURCES, type Pod } from '../../../../protocol/kubernetes.ts';
import type { ApiContext, Target } from '../api-context.ts';
import type { Answer } from '../http/respond.ts';
import { getObject } from '../object-read.ts';
import { badRequest, groupResource, methodNotAllowed, notFound, StatusError } from '../status-error.ts';

/** Subresources of a pod that its node answers, and how they are asked for. */
export const NODE_SUBRESOURCES: Readonly<Record<string, readonly string[]>> = {
  log: ['GET'],
  exec: ['GET', 'POST'],
  attach: ['GET', 'POST'],
  portforward: ['GET', 'POST'],
};

/** True when only the pod's node can answer. */
export function isNodeRequest({ entry, subresource }: Target): boolean {
  return groupResource(entry.resource) === RESOURCES.pod.plural && Object.hasOwn(NODE_SUBRESOURCES, subresource);
}

/**
 * Checks a request that a pod's node is to answer, as Kubernetes' API server does before it dials. No way leads to the nodes yet, so
 * that all of them end with the error of a node that cannot be reached.
 * @throws StatusError unless nothing has to be asked
 */
export function askNode(context: ApiContext, target: Target, method: string, query: URLSearchParams): Answer {
  const { name, subresource } = target;
  if (NODE_SUBRESOURCES[subresource]?.includes(method) !== true) throw methodNotAllowed(method);
  const pod = getObject(context, { ...target, subresource: '' }) as Pod;
  if (subresource !== 'portforward') assertContainer(pod, query.get('container') ?? '');
  const { nodeName = '' } = pod.spec ?? {};
  // What never ran has said nothing.
  if (nodeName === '' && subresource === 'log') return { code: 204, value: '', mediaType: 'text/plain' };
  if (nodeName === '') throw badRequest(`pod ${name} does not have a host assigned`);
  if (context.store.get({ resource: RESOURCES.node.plural, namespace: '', name: nodeName }) === undefined) {
    throw notFound(RESOURCES.node, nodeName);
  }
  const message = `error dialing backend: node "${nodeName}" cannot be reached: there is no tunnel to it`;
  throw new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

function assertContainer({ metadata, spec }: Pod, asked: string): void {
  const names = (field: string): string[] => ((spec?.[field] ?? []) as { name: string }[]).map(({ name }) => name);
  const [containers, initial, ephemeral] = ['containers', 'initContainers', 'ephemeralContainers'].map(names) as [
    string[],
    string[],
    string[],
  ];
  if (asked !== '') {
    if ([...containers, ...initial, ...ephemeral].includes(asked)) return;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  if (containers.length === 1) return;
  const all = [...initial, ...containers, ...ephemeral].join(' ');
  throw badRequest(`a container name must be specified for pod ${metadata.name}, choose one of: [${all}]`);
}
