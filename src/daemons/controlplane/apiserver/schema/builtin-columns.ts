import { RESOURCES, type ApiResource, type KubeObject, type Lease, type Node, type Pod } from '../../../../protocol/kubernetes.ts';
import { ageOf } from './human-duration.ts';
import { toCoreEvent } from './event-form.ts';
import { NEW_EVENT } from './event-validation.ts';
import { AGE_COLUMN, AGE_TEXT, at, column, NAME_COLUMN, orText, text, valueAt, wide, type Column } from './column.ts';
import { IDENTITY_COLUMNS } from './identity-columns.ts';
import { NETWORK_COLUMNS } from './network-columns.ts';
import { podSummary, readinessGates } from './pod-summary.ts';
import { RBAC_COLUMNS } from './rbac-columns.ts';
import { STORAGE_COLUMNS } from './storage-columns.ts';
import { WORKLOAD_COLUMNS } from './workload-columns.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';

const nodeInfo =
  (key: string): Column['cell'] =>
  (node) =>
    orText((node as Node).status?.nodeInfo?.[key], '<unknown>');

const COLUMNS: readonly (readonly [ApiResource, readonly Column[]])[] = [
  [
    RESOURCES.pod,
    [
      NAME_COLUMN,
      column('Ready', 'The aggregate readiness state of this pod for accepting traffic.', (pod, now) => podSummary(pod, now).ready),
      column('Status', 'The aggregate status of the containers in this pod.', (pod, now) => podSummary(pod, now).status),
      column(
        'Restarts',
        'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
        (pod, now) => podSummary(pod, now).restarts,
      ),
      AGE_COLUMN,
      wide('IP', 'IP address allocated to the pod.', (pod) => orText((pod as Pod).status?.['podIP'])),
      wide('Node', 'The node that the pod is bound to.', (pod) => orText((pod as Pod).spec?.nodeName)),
      wide('Nominated Node', 'Set when this pod preempts other pods on a node.', (pod) =>
        orText((pod as Pod).status?.['nominatedNodeName']),
      ),
      wide('Readiness Gates', 'How many of the conditions that the pod names as readiness gates are true.', readinessGates),
    ],
  ],
  [
    RESOURCES.node,
    [
      NAME_COLUMN,
      column('Status', 'The status of the node', nodeStatus),
      column('Roles', 'The roles of the node', nodeRoles),
      AGE_COLUMN,
      column('Version', 'Kubelet Version reported by the node.', (node) => (node as Node).status?.nodeInfo?.['kubeletVersion'] ?? ''),
      wide('Internal-IP', 'Address of the node inside its network.', nodeAddress('InternalIP')),
      wide('External-IP', 'Address of the node outside of its network.', nodeAddress('ExternalIP')),
      wide('OS-Image', 'OS Image reported by the node.', nodeInfo('osImage')),
      wide('Kernel-Version', 'Kernel Version reported by the node.', nodeInfo('kernelVersion')),
      wide('Container-Runtime', 'ContainerRuntime Version reported by the node.', nodeInfo('containerRuntimeVersion')),
    ],
  ],
  [RESOURCES.namespace, [NAME_COLUMN, column('Status', 'The status of the namespace', at('status', 'phase')), AGE_COLUMN]],
  [
    RESOURCES.configMap,
    [
      NAME_COLUMN,
      column('Data', 'The number of keys.', (object) => countKeys(object, 'data') + countKeys(object, 'binaryData')),
      AGE_COLUMN,
    ],
  ],
  [
    RESOURCES.secret,
    [
      NAME_COLUMN,
      column('Type', 'Used to facilitate programmatic handling of secret data.', at('type')),
      column('Data', 'The number of keys.', (object) => countKeys(object, 'data')),
      AGE_COLUMN,
    ],
  ],
  [
    RESOURCES.event,
    [
      column('Last Seen', 'The time at which the most recent occurrence of this event was recorded.', (event, now) =>
        ageOf(seen(event, 'lastTimestamp'), now),
      ),
      column('Type', 'Type of this event (Normal, Warning).', at('type')),
      column('Reason', 'A short, machine understandable reason.', at('reason')),
      column(
        'Object',
        'The object that this event is about.',
        (event) => `${text(event, 'involvedObject', 'kind').toLowerCase()}/${text(event, 'involvedObject', 'name')}`,
      ),
      wide('Subobject', 'The part of the object that this event is about.', at('involvedObject', 'fieldPath')),
      wide('Source', 'The component reporting this event.', eventSource),
      column('Message', 'A human-readable description of what happened.', (event) => text(event, 'message').trim()),
      wide('First Seen', 'The time at which the event was first recorded.', (event, now) => ageOf(seen(event, 'firstTimestamp'), now)),
      wide('Count', 'The number of times this event has occurred.', (event) => valueAt(event, 'count') ?? 1),
      { ...NAME_COLUMN, priority: 1 },
    ],
  ],
  [
    RESOURCES.lease,
    [NAME_COLUMN, column('Holder', 'Who holds the lease.', (lease) => (lease as Lease).spec?.holderIdentity ?? ''), AGE_COLUMN],
  ],
  [
    RESOURCES.crd,
    [NAME_COLUMN, { name: 'Created At', type: 'date', description: AGE_TEXT, cell: ({ metadata }) => metadata.creationTimestamp }],
  ],
];

/** The columns of a built-in kind. */
export function builtinColumns({ group, kind }: ApiResource): readonly Column[] | undefined {
  // The same events in another form.
  if (group === NEW_EVENT.group) {
    return builtinColumns(RESOURCES.event)?.map((each) => ({ ...each, cell: (event, now) => each.cell(toCoreEvent(event), now) }));
  }
  return [...COLUMNS, ...STORAGE_COLUMNS, ...IDENTITY_COLUMNS, ...NETWORK_COLUMNS, ...RBAC_COLUMNS, ...WORKLOAD_COLUMNS].find(
    ([resource]) => resource.group === group && resource.kind === kind,
  )?.[1];
}

function nodeStatus(object: KubeObject): string {
  const { spec, status } = object as Node;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const state = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable === true ? `${state},SchedulingDisabled` : state;
}

/** node-role.kubernetes.io/ROLE, and the older kubernetes.io/role=ROLE. */
function nodeRoles({ metadata }: KubeObject): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX)) return [key.slice(ROLE_PREFIX.length)];
    return key === 'kubernetes.io/role' ? [value] : [];
  });
  return orText(
    [...new Set(roles)]
      .filter((role) => role !== '')
      .sort()
      .join(','),
  );
}

function nodeAddress(type: string): Column['cell'] {
  return (node) => orText((node as Node).status?.addresses?.find((address) => address.type === type)?.address);
}

function seen(event: KubeObject, key: 'firstTimestamp' | 'lastTimestamp'): unknown {
  const series = key === 'lastTimestamp' ? valueAt(event, 'series', 'lastObservedTime') : undefined;
  return series ?? valueAt(event, key) ?? valueAt(event, 'eventTime');
}

function eventSource(event: KubeObject): string {
  const component = text(event, 'source', 'component') || text(event, 'reportingComponent');
  return [component, text(event, 'source', 'host')].filter((part) => part !== '').join(', ');
}

function countKeys(object: KubeObject, key: string): number {
  return Object.keys((valueAt(object, key) as object | undefined) ?? {}).length;
}
