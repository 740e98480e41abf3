import { isDeepStrictEqual } from 'node:util';
import type { NodeCondition } from '../../../protocol/kubernetes.ts';
import type { NodeStatus } from './node-object.ts';

/**
 * The kubelet's strategic merge patch of a Node's status: conditions always, merged by type; the rest where it differs.
 * The endpoint's port is left alone once it is set, for KubeEdge's CloudStream puts its tunnel's port there.
 */
export function nodeStatusPatch(current: NodeStatus | undefined, desired: NodeStatus, now: number): object {
  const { conditions, daemonEndpoints, ...rest } = desired;
  const stamped = stampConditions(conditions ?? [], now, current?.conditions);
  const changed = Object.entries(rest).filter(([key, value]) => !isDeepStrictEqual(value, current?.[key as keyof typeof rest]));
  const hasPort = (current?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0) !== 0;
  return {
    status: {
      ...Object.fromEntries(changed),
      ...(hasPort ? {} : { daemonEndpoints }),
      '$setElementOrder/conditions': stamped.map(({ type }) => ({ type })),
      conditions: stamped,
    },
  };
}

/** Conditions with their times: RFC 3339 in seconds; a transition is when the status differs from the known one. */
export function stampConditions(conditions: readonly NodeCondition[], now: number, known: readonly NodeCondition[] = []): NodeCondition[] {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  return conditions.map((condition) => {
    const before = known.find(({ type }) => type === condition.type);
    const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
    return { ...condition, lastHeartbeatTime: time, lastTransitionTime: since ?? time };
  });
}
