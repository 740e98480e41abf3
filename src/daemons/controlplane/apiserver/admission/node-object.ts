import type { Node, ObjectMeta } from '../../../../protocol/kubernetes.ts';
import { semanticEqual } from '../schema/semantic-equal.ts';
import type { NodeRequest } from './node-restriction.ts';

/** Labels of Kubernetes that a node may give itself, beside those of `kubelet.kubernetes.io` and `node.kubernetes.io`. */
const OWN_LABELS = new Set([
  ...['kubernetes.io/hostname', 'kubernetes.io/os', 'kubernetes.io/arch', 'beta.kubernetes.io/os', 'beta.kubernetes.io/arch'],
  ...['beta.kubernetes.io/instance-type', 'failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region'],
  ...['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'],
]);
const OWN_PREFIXES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const RESERVED_PREFIX = 'node-restriction.kubernetes.io';
const KUBERNETES_PREFIXES = ['kubernetes.io', 'k8s.io'];

/** A node writes itself: not its taints once they are there, and no labels that others rely on. */
export function restrictNodeObject({ nodeName, operation, target, object, old, refuse }: NodeRequest): void {
  const name = target.name || object?.metadata.name || '';
  if (name !== nodeName) refuse(`node "${nodeName}" is not allowed to modify node "${name}"`);
  if (operation === 'DELETE' || object === undefined) return;
  const labels = changedLabels(object.metadata.labels, old?.metadata.labels);
  const forbidden = labels.filter(isReserved).sort().join(', ');
  if (operation === 'CREATE') {
    if (forbidden !== '') refuse(`node "${nodeName}" is not allowed to set the following labels: ${forbidden}`);
    return;
  }
  const [next, before] = [object as Node, old as Node];
  if (!semanticEqual(next.spec?.taints, before.spec?.taints)) refuse(`node "${nodeName}" is not allowed to modify taints`);
  if (forbidden !== '') refuse(`is not allowed to modify labels: ${forbidden}`);
  if (!semanticEqual(next.metadata.ownerReferences, before.metadata.ownerReferences)) {
    refuse(`node "${nodeName}" is not allowed to modify ownerReferences`);
  }
}

function changedLabels(next: ObjectMeta['labels'] = {}, old: ObjectMeta['labels'] = {}): string[] {
  return [...new Set([...Object.keys(next), ...Object.keys(old)])].filter((key) => next[key] !== old[key]);
}

function isReserved(key: string): boolean {
  const prefix = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  const isOf = (domain: string): boolean => prefix === domain || prefix.endsWith(`.${domain}`);
  if (isOf(RESERVED_PREFIX)) return true;
  return KUBERNETES_PREFIXES.some(isOf) && !OWN_LABELS.has(key) && !OWN_PREFIXES.some(isOf);
}
