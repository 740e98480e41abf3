import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { isObject, type JsonObject } from '../schema/json.ts';
import { part } from './meta-strategy.ts';

const COUNTED = ['cpu', 'memory'] as const;

/** The quality of service that a Pod's requests and limits promise (Kubernetes' pod QoS classes). */
export function qosClass(pod: KubeObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const spec = part(pod, 'spec');
  const containers = [spec['containers'], spec['initContainers']].flatMap((list) => (Array.isArray(list) ? list.filter(isObject) : []));
  const resources = containers.map(({ resources }) => (isObject(resources) ? resources : {}));
  if (
    resources.every((each) =>
      COUNTED.every((name) => amount(each, 'limits', name) === undefined && amount(each, 'requests', name) === undefined),
    )
  ) {
    return 'BestEffort';
  }
  return resources.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function isGuaranteed(resources: JsonObject): boolean {
  return COUNTED.every((name) => {
    const limit = amount(resources, 'limits', name);
    return limit !== undefined && limit === (amount(resources, 'requests', name) ?? limit);
  });
}

function amount(resources: JsonObject, list: 'limits' | 'requests', name: string): string | undefined {
  const amounts = resources[list];
  const value = isObject(amounts) ? amounts[name] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
