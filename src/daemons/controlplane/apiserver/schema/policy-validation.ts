import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { forbidden, invalid, notSupported, type FieldError } from './field-error.ts';
import { nonNegative, notAboveHundredPercent, validateIntOrPercent, type IntOrString } from './int-or-percent.ts';
import type { LabelSelector } from '../../../../protocol/label-selector.ts';
import { validateLabelSelector } from './label-selector-validation.ts';

/** policy/v1 */
export interface PodDisruptionBudget extends KubeObject {
  spec?: {
    minAvailable?: IntOrString;
    maxUnavailable?: IntOrString;
    selector?: LabelSelector;
    unhealthyPodEvictionPolicy?: string;
  };
  status?: {
    observedGeneration?: number;
    disruptionsAllowed?: number;
    currentHealthy?: number;
    desiredHealthy?: number;
    expectedPods?: number;
    disruptedPods?: Record<string, string>;
  };
}

/** scheduling.k8s.io/v1 */
export interface PriorityClass extends KubeObject {
  value?: number;
  globalDefault?: boolean;
  preemptionPolicy?: string;
}

/** Priorities from here on are the system's own. */
const HIGHEST_USER_PRIORITY = 1_000_000_000;

/** The classes of what a cluster cannot do without. */
export const SYSTEM_PRIORITY_CLASSES = [
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description: 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
] as const;

const SYSTEM_PREFIX = 'system-';
const PREEMPTION = ['PreemptLowerPriority', 'Never'];
const UNHEALTHY = ['AlwaysAllow', 'IfHealthyBudget'];
const NUMBERS = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

export function budgetDefaults(object: KubeObject): KubeObject {
  const { status, ...rest } = object as PodDisruptionBudget;
  const zeros = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  return { ...rest, status: { ...zeros, ...status } } as KubeObject;
}

export function validateBudget(object: KubeObject): FieldError[] {
  const { spec = {}, status = {} } = object as PodDisruptionBudget;
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: unhealthy } = spec;
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...validateIntOrPercent(minAvailable, 'spec.minAvailable'),
    ...notAboveHundredPercent(minAvailable, 'spec.minAvailable'),
    ...validateIntOrPercent(maxUnavailable, 'spec.maxUnavailable'),
    ...notAboveHundredPercent(maxUnavailable, 'spec.maxUnavailable'),
    ...validateLabelSelector(spec.selector, 'spec.selector'),
    ...(unhealthy === undefined || UNHEALTHY.includes(unhealthy)
      ? []
      : [notSupported('spec.unhealthyPodEvictionPolicy', unhealthy, UNHEALTHY)]),
    ...NUMBERS.flatMap((field) => nonNegative(status[field], `status.${field}`)),
  ];
}

export function validatePriorityClass(object: KubeObject, old?: KubeObject): FieldError[] {
  const { metadata, value = 0, preemptionPolicy = '' } = object as PriorityClass;
  return [
    ...(old === undefined ? validatePriority(metadata.name, value, object) : []),
    ...(preemptionPolicy === '' || PREEMPTION.includes(preemptionPolicy)
      ? []
      : [notSupported('preemptionPolicy', preemptionPolicy, PREEMPTION)]),
    ...(old === undefined ? [] : validatePriorityUpdate(object, old)),
  ];
}

function validatePriority(name: string, value: number, { globalDefault = false }: PriorityClass): FieldError[] {
  if (name.startsWith(SYSTEM_PREFIX)) {
    const known = SYSTEM_PRIORITY_CLASSES.find((each) => each.name === name);
    const why =
      known === undefined
        ? `${name} is not a known system priority class`
        : known.value !== value
          ? `value of ${name} PriorityClass must be ${known.value}`
          : globalDefault
            ? `globalDefault of ${name} PriorityClass must be false`
            : undefined;
    const text = "priority class names with 'system-' prefix are reserved for system use only. error: ";
    return why === undefined ? [] : [forbidden('metadata.name', `${text}${why}`)];
  }
  return value > HIGHEST_USER_PRIORITY
    ? [forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`)]
    : [];
}

function validatePriorityUpdate(next: PriorityClass, old: PriorityClass): FieldError[] {
  const changed = (field: 'value' | 'preemptionPolicy'): boolean => (next[field] ?? 0) !== (old[field] ?? 0);
  return [
    ...(changed('value') ? [forbidden('Value', 'may not be changed in an update.')] : []),
    ...(changed('preemptionPolicy') ? [invalid('preemptionPolicy', next.preemptionPolicy, 'field is immutable')] : []),
  ];
}
