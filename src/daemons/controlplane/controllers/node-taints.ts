import type { Node, Taint } from '../../../protocol/kubernetes.ts';

/** Which NoSchedule taint a condition brings (Kubernetes' node lifecycle controller). */
const TAINT_OF_CONDITION: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: 'node.kubernetes.io/not-ready', Unknown: 'node.kubernetes.io/unreachable' },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
};
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const OWNED = new Set([...Object.values(TAINT_OF_CONDITION).flatMap((keys) => Object.values(keys)), UNSCHEDULABLE]);

/** The taints that a node should have; undefined when it has exactly them. Taints of others are left alone. */
export function wantedTaints(node: Node, now: string): Taint[] | undefined {
  const current = node.spec?.taints ?? [];
  const wanted = (node.status?.conditions ?? []).flatMap(({ type, status }) => TAINT_OF_CONDITION[type]?.[status] ?? []);
  if (node.spec?.unschedulable === true) wanted.push(UNSCHEDULABLE);
  const owned = current.filter(({ key, effect }) => effect === 'NoSchedule' && OWNED.has(key));
  const missing = wanted.filter((key) => !owned.some((taint) => taint.key === key));
  const kept = current.filter((taint) => !owned.includes(taint) || wanted.includes(taint.key));
  if (missing.length === 0 && kept.length === current.length) return undefined;
  return [...kept, ...missing.map((key): Taint => ({ key, effect: 'NoSchedule', timeAdded: now }))];
}
