import type { Lease, Node, NodeCondition } from '../../../protocol/kubernetes.ts';

/** What was last heard of a node, and when it was heard here: clocks of nodes are not compared with ours. */
export interface NodeHealth {
  /** By the clock that nobody sets: a jump of this machine's time must not make all nodes Unknown. */
  readonly heardAt: number;
  readonly heartbeat: string;
}

/** The conditions that a kubelet reports, and that are unknown when it falls silent. */
const REPORTED_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

/** Updates what is known of a node: a heartbeat that differs from the last one was heard now. */
export function hear(node: Node, lease: Lease | undefined, before: NodeHealth | undefined, now: number): NodeHealth {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  // A condition that this controller made unknown is no heartbeat: its lastHeartbeatTime stays as the kubelet wrote it.
  const heartbeat = `${node.metadata.uid ?? ''} ${ready?.lastHeartbeatTime ?? ''} ${lease?.spec?.renewTime ?? ''}`;
  return before?.heartbeat === heartbeat ? before : { heardAt: now, heartbeat };
}

/**
 * The conditions of a node that fell silent, those that change alone; empty when it is known already. Reasons and messages are
 * those of Kubernetes' node lifecycle controller.
 */
export function silentConditions(node: Node, now: string): NodeCondition[] {
  const current = node.status?.conditions ?? [];
  return REPORTED_CONDITIONS.flatMap((type): NodeCondition[] => {
    const known = current.find((condition) => condition.type === type);
    if (known === undefined) {
      const { creationTimestamp = now } = node.metadata;
      const reason = 'NodeStatusNeverUpdated';
      const message = 'Kubelet never posted node status.';
      return [{ type, status: 'Unknown', reason, message, lastHeartbeatTime: creationTimestamp, lastTransitionTime: now }];
    }
    if (known.status === 'Unknown') return [];
    const reason = 'NodeStatusUnknown';
    const message = 'Kubelet stopped posting node status.';
    return [{ ...known, status: 'Unknown', reason, message, lastTransitionTime: now }];
  });
}
