import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { isObject } from '../schema/json.ts';
import type { Strategy } from '../served-resource.ts';
import { admitPodAccount } from './account-admission.ts';
import { addEphemeralContainers, refuseEphemeralContainers } from './ephemeral-containers.ts';
import { applyMatchLabelKeys } from './match-label-admission.ts';
import { open, part, restore } from './meta-strategy.ts';
import { admitPodPriority } from './priority-admission.ts';
import { qosClass } from './qos-class.ts';

/** The finalizer in spec.finalizers of every Namespace: its contents must go first. */
const NAMESPACE_FINALIZER = 'kubernetes';

const IMMORTAL_NAMESPACES: readonly string[] = ['default', 'kube-system', 'kube-public'];

const finalizersOf = (namespace: KubeObject): unknown[] => {
  const { finalizers } = part(namespace, 'spec');
  return Array.isArray(finalizers) ? finalizers : [];
};

export const namespaceStrategy: Strategy = {
  prepareForCreate: (namespace) => {
    const held = finalizersOf(namespace).includes(NAMESPACE_FINALIZER);
    open(namespace)['spec'] = {
      ...part(namespace, 'spec'),
      finalizers: [...finalizersOf(namespace), ...(held ? [] : [NAMESPACE_FINALIZER])],
    };
    open(namespace)['status'] = { phase: 'Active' };
    namespace.metadata.labels = { ...namespace.metadata.labels, 'kubernetes.io/metadata.name': namespace.metadata.name };
  },
  prepareForUpdate: (namespace, old) => {
    open(namespace)['spec'] = { ...part(namespace, 'spec'), finalizers: finalizersOf(old) };
    restore(namespace, old, 'status');
  },
  prepareForStatusUpdate: (namespace, old) => restore(namespace, old, 'spec'),
  prepareForDelete: (namespace, { now }) => {
    namespace.metadata.deletionTimestamp ??= now;
    open(namespace)['status'] = { ...part(namespace, 'status'), phase: 'Terminating' };
  },
  isHeld: (namespace) => finalizersOf(namespace).length > 0,
  immortal: (name) => (IMMORTAL_NAMESPACES.includes(name) ? 'this namespace may not be deleted' : undefined),
  returnsDeleted: true,
};

/** Nodes may bring their status when they register. */
export const nodeStrategy: Strategy = {
  prepareForUpdate: (node, old) => restore(node, old, 'status'),
  prepareForStatusUpdate: (node, old) => restore(node, old, 'spec'),
};

/** A pod that waits at a gate says so. */
function gatedStatus(pod: KubeObject): object {
  const { schedulingGates } = part(pod, 'spec');
  if (!Array.isArray(schedulingGates) || schedulingGates.length === 0) return {};
  const message = 'Scheduling is blocked due to non-empty scheduling gates';
  return { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message }] };
}

export const podStrategy: Strategy = {
  admit: (pod, old, context) => {
    admitPodAccount(pod, old, context);
    admitPodPriority(pod, old, context);
  },
  prepareForCreate: (pod) => {
    open(pod)['status'] = { phase: 'Pending', qosClass: qosClass(pod), ...gatedStatus(pod) };
    applyMatchLabelKeys(pod);
  },
  prepareForUpdate: (pod, old) => {
    restore(pod, old, 'status');
    refuseEphemeralContainers(pod, old);
  },
  prepareForEphemeralContainers: addEphemeralContainers,
  prepareForStatusUpdate: (pod, old) => {
    restore(pod, old, 'spec');
    const { ownerReferences } = old.metadata;
    if (ownerReferences === undefined) delete pod.metadata.ownerReferences;
    else pod.metadata.ownerReferences = ownerReferences;
  },
  gracePeriod: (pod, requested) => {
    const { terminationGracePeriodSeconds, nodeName } = part(pod, 'spec');
    const { phase } = part(pod, 'status');
    if (typeof nodeName !== 'string' || nodeName === '' || phase === 'Failed' || phase === 'Succeeded') return 0;
    const period = requested ?? (typeof terminationGracePeriodSeconds === 'number' ? terminationGracePeriodSeconds : 0);
    return period < 0 ? 1 : period;
  },
  returnsDeleted: true,
};

/** `stringData` is for writing alone: it ends up in `data`, encoded. */
function encodeStringData(secret: KubeObject): void {
  const { stringData } = open(secret);
  if (isObject(stringData)) {
    const entries = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')] as const);
    open(secret)['data'] = { ...part(secret, 'data'), ...Object.fromEntries(entries) };
  }
  delete open(secret)['stringData'];
}

export const secretStrategy: Strategy = { prepareForCreate: encodeStringData, prepareForUpdate: encodeStringData };

export const eventStrategy: Strategy = { createsOnUpdate: true };

export const leaseStrategy: Strategy = { createsOnUpdate: true, needsResourceVersion: true };
