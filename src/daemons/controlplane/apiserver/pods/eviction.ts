import type { DeleteOptions } from '../../../../kube/client.ts';
import { RESOURCES, type KubeObject, type Pod, type Status } from '../../../../protocol/kubernetes.ts';
import type { ObjectWriter } from '../../../../store/kube-objects.ts';
import { keyOf, timestamp, type ApiContext, type Target, type WriteOptions } from '../api-context.ts';
import { deleteIn } from '../object-delete.ts';
import { selects } from '../../../../protocol/label-selector.ts';
import type { PodDisruptionBudget } from '../schema/policy-validation.ts';
import { badRequest, groupResource, notFound, StatusError, success } from '../status-error.ts';

/** policy/v1: asks for a pod to be deleted if its disruption budget has room for it. */
interface Eviction extends KubeObject {
  deleteOptions?: DeleteOptions & { dryRun?: string[] };
}

const BUDGETS = groupResource(RESOURCES.podDisruptionBudget);
/** Pods in these phases are not counted as healthy, so that no budget is the worse for it. */
const UNCOUNTED = ['Pending', 'Succeeded', 'Failed'];
const MAX_DISRUPTED = 2000;

/** POST to `pods/NAME/eviction` (Kubernetes' eviction subresource). @throws StatusError 429 when the budget has no room */
export async function evictPod(context: ApiContext, target: Target, body: KubeObject, options: WriteOptions): Promise<Status> {
  const { metadata, deleteOptions: deletion = {} } = body as Eviction;
  if (metadata.name !== '' && metadata.name !== target.name) throw badRequest('name in URL does not match name in Eviction object');
  const pod = { ...target, subresource: '' };
  const dryRun = options.dryRun || deletion.dryRun?.includes('All') === true;
  return context.store.write(
    (writer) => {
      const current = writer.get(keyOf(pod)) as Pod | undefined;
      if (current === undefined) throw notFound(RESOURCES.pod, target.name);
      if (isCounted(current)) takeFromBudget(writer, current, timestamp(context.clock.now()));
      deleteIn(writer, context, pod, deletion, options);
      return success();
    },
    { dryRun },
  );
}

function isCounted({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && !UNCOUNTED.includes(status?.phase ?? '');
}

function takeFromBudget(writer: ObjectWriter, pod: Pod, now: string): void {
  const { namespace = '', labels = {}, name } = pod.metadata;
  const [budget, ...others] = ([...writer.list(BUDGETS, { namespace })] as PodDisruptionBudget[]).filter(
    ({ spec }) => spec?.selector !== undefined && selects(spec.selector, labels),
  );
  if (budget === undefined) return;
  if (others.length > 0) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new StatusError(500, 'InternalError', message);
  }
  if (!isReady(pod) && letsUnhealthyGo(budget)) return;
  assertRoom(budget);
  const { status = {}, metadata } = budget;
  const { disruptionsAllowed = 0, disruptedPods = {} } = status;
  const next = { ...status, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods: { ...disruptedPods, [name]: now } };
  writer.put({ resource: BUDGETS, namespace, name: metadata.name }, { ...budget, status: next } as KubeObject);
}

function isReady({ status }: Pod): boolean {
  const conditions = (status?.conditions ?? []) as { type?: string; status?: string }[];
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

/** A pod that is not ready is counted as healthy by nobody: AlwaysAllow, or a budget that is kept without it. */
function letsUnhealthyGo({ spec = {}, status = {} }: PodDisruptionBudget): boolean {
  const { currentHealthy = 0, desiredHealthy = 0 } = status;
  return spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (desiredHealthy > 0 && currentHealthy >= desiredHealthy);
}

function assertRoom({ metadata, status = {} }: PodDisruptionBudget): void {
  const { observedGeneration = 0, disruptionsAllowed = 0, desiredHealthy = 0, currentHealthy = 0, disruptedPods = {} } = status;
  if (observedGeneration < (metadata.generation ?? 0)) {
    throw noRoom(`The disruption budget ${metadata.name} is still being processed by the server.`);
  }
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED)
    throw noRoom('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  if (disruptionsAllowed > 0) return;
  throw noRoom(`The disruption budget ${metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`);
}

function noRoom(why: string): StatusError {
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  return new StatusError(429, 'TooManyRequests', message, { causes: [{ reason: 'DisruptionBudget', message: why }] });
}
