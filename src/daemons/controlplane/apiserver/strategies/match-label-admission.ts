import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { LabelSelector } from '../../../../protocol/label-selector.ts';
import type { Affinity, PodSpec, PodTerm } from '../schema/pod-types.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/**
 * Puts what `matchLabelKeys` and `mismatchLabelKeys` of a new pod's affinities mean into their selectors: the values of the pod's own
 * labels, as Kubernetes does since 1.31. A label that the pod does not have is passed over.
 */
export function applyMatchLabelKeys(pod: KubeObject): void {
  const { affinity } = (pod as KubeObject & { spec?: PodSpec }).spec ?? {};
  const labels = pod.metadata.labels ?? {};
  for (const term of [...termsOf(affinity?.podAffinity), ...termsOf(affinity?.podAntiAffinity)]) {
    // Without a selector it is refused.
    if (term.labelSelector === undefined) continue;
    const added = [...requirements(term.matchLabelKeys, 'In', labels), ...requirements(term.mismatchLabelKeys, 'NotIn', labels)];
    if (added.length === 0) continue;
    term.labelSelector = { ...term.labelSelector, matchExpressions: [...(term.labelSelector.matchExpressions ?? []), ...added] };
  }
}

function termsOf(affinity: Affinity['podAffinity'] = {}): PodTerm[] {
  const { [REQUIRED]: needed = [], [PREFERRED]: preferred = [] } = affinity;
  return [...needed, ...preferred.flatMap(({ podAffinityTerm }) => podAffinityTerm ?? [])];
}

function requirements(
  keys: readonly string[] = [],
  operator: 'In' | 'NotIn',
  labels: Readonly<Record<string, string>>,
): NonNullable<LabelSelector['matchExpressions']> {
  return keys.flatMap((key) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
}
