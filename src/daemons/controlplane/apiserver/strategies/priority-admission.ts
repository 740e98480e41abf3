import { RESOURCES, type KubeObject } from '../../../../protocol/kubernetes.ts';
import type { PodSpec } from '../schema/pod-types.ts';
import type { PriorityClass } from '../schema/policy-validation.ts';
import type { Strategy, WriteContext } from '../served-resource.ts';
import { forbidden, groupResource } from '../status-error.ts';

const CLASSES = groupResource(RESOURCES.priorityClass);

type Priority = Required<Pick<PodSpec, 'priority' | 'preemptionPolicy'>> & Pick<PodSpec, 'priorityClassName'>;

/** A pod's class says its priority; a pod cannot say it itself (Kubernetes' admission plugin Priority). */
export const admitPodPriority: NonNullable<Strategy['admit']> = (pod, old, context) => {
  const spec = ((pod as { spec?: PodSpec }).spec ??= {});
  if (old !== undefined) {
    const { priority, preemptionPolicy } = (old as { spec?: PodSpec }).spec ?? {};
    if (priority !== undefined) spec.priority ??= priority;
    if (preemptionPolicy !== undefined) spec.preemptionPolicy ??= preemptionPolicy;
    return;
  }
  const found = priorityOf(pod, spec.priorityClassName ?? '', context);
  const refuse = (what: string, given: unknown, computed: unknown): never => {
    const why = `must not be provided in pod spec; priority admission controller computed ${String(computed)} from the given PriorityClass name`;
    throw forbidden(RESOURCES.pod, pod.metadata.name, `${what} (${String(given)}) ${why}`);
  };
  if (spec.priority !== undefined && spec.priority !== found.priority) {
    refuse('the integer value of priority', spec.priority, found.priority);
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== found.preemptionPolicy) {
    refuse('the string value of PreemptionPolicy', spec.preemptionPolicy, found.preemptionPolicy);
  }
  Object.assign(spec, found);
};

function priorityOf(pod: KubeObject, name: string, { objects }: WriteContext): Priority {
  if (name === '') {
    const defaults = ([...objects.list(CLASSES)] as PriorityClass[]).filter(({ globalDefault }) => globalDefault === true);
    // The lowest, should there be several.
    const [found] = defaults.sort((a, b) => (a.value ?? 0) - (b.value ?? 0));
    return found === undefined ? { priority: 0, preemptionPolicy: 'PreemptLowerPriority' } : ofClass(found);
  }
  const found = objects.get({ resource: CLASSES, namespace: '', name });
  if (found === undefined) throw forbidden(RESOURCES.pod, pod.metadata.name, `no PriorityClass with name ${name} was found`);
  return ofClass(found);
}

function ofClass({ metadata, value = 0, preemptionPolicy = 'PreemptLowerPriority' }: PriorityClass): Priority {
  return { priorityClassName: metadata.name, priority: value, preemptionPolicy };
}

/** There is one default at most. */
export const admitPriorityClass: NonNullable<Strategy['admit']> = (object, _old, { objects }) => {
  if ((object as PriorityClass).globalDefault !== true) return;
  for (const other of objects.list(CLASSES) as Iterable<PriorityClass>) {
    if (other.globalDefault !== true || other.metadata.name === object.metadata.name) continue;
    const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`;
    throw forbidden(RESOURCES.priorityClass, object.metadata.name, why);
  }
};
