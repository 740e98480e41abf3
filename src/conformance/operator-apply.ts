import type { KubeClient } from '../kube/client.ts';
import { unlessMissing } from '../kube/unless-missing.ts';
import type { Action } from './operator-plan.ts';

/** Does to the Kubernetes API what the operator did. @throws ApiError */
export async function applyAction(kube: KubeClient, action: Action): Promise<void> {
  if (action.do === 'delete') {
    const { resource, name, namespace, gracePeriodSeconds } = action;
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    await unlessMissing(kube.delete(resource, name, namespace, options));
    return;
  }
  if (action.do === 'label') {
    await kube.patch(action.resource, { name: action.name }, { metadata: { labels: action.labels } }, 'merge');
    return;
  }
  const { resource, object } = action;
  const { name, namespace } = object.metadata;
  if (action.do === 'create') {
    await kube.create(resource, object, namespace);
    return;
  }
  // Lists are replaced as a whole; the status is not the operator's.
  await kube.patch(resource, { name, ...(namespace !== undefined && { namespace }) }, object, 'merge');
}
