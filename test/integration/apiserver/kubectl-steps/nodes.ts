import { given, topic } from './kubectl-step.ts';

const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'edge-1', labels: { 'node-role.kubernetes.io/edge': '', zone: 'a' } },
  spec: { podCIDR: '10.4.0.0/24', taints: [{ key: 'edge', effect: 'NoSchedule' }] },
};
const pod = (name: string, rest: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name }, ...metadata },
  spec: { nodeName: 'edge-1', terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'x' }], ...rest },
});
const list = (...items: object[]) => ({ apiVersion: 'v1', kind: 'List', items });
const READY = {
  status: {
    conditions: [
      { type: 'Ready', status: 'True', reason: 'EdgeReady', message: 'it is', lastHeartbeatTime: '2026-01-01T00:00:00Z' },
      { type: 'DiskPressure', status: 'False' },
    ],
    addresses: [
      { type: 'InternalIP', address: '192.0.2.7' },
      { type: 'Hostname', address: 'edge-1' },
    ],
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
    allocatable: { cpu: '3500m', memory: '7Gi', pods: '110' },
    nodeInfo: {
      ...{ machineID: 'm', systemUUID: 's', bootID: 'b', kernelVersion: '6.1', osImage: 'Debian 12', operatingSystem: 'linux' },
      ...{ containerRuntimeVersion: 'docker://24', kubeletVersion: 'v1.32.0-kedge', kubeProxyVersion: 'v1.32.0', architecture: 'arm64' },
    },
    images: [{ names: ['nginx:1'], sizeBytes: 1000 }],
  },
};
const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'edge-1' } };
const EVENT = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'edge-1.1' },
  involvedObject: { kind: 'Pod', name: 'kept', namespace: 'nodes', apiVersion: 'v1' },
  ...{ reason: 'Started', message: 'Started container c', type: 'Normal', count: 3, source: { component: 'edged', host: 'edge-1' } },
  ...{ firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:00Z' },
};

/** Nodes, what is on them and about them. */
export const NODES = topic('nodes, leases and events', 'nodes', [
  given(NODE, 'create -f -'),
  'get node edge-1 -o yaml',
  `patch node edge-1 --subresource=status -p '${JSON.stringify(READY)}'`,
  'patch node edge-1 --subresource=status -p {"status":{"conditions":[{"type":"DiskPressure","status":"True"}]}}',
  { line: 'get node edge-1 -o jsonpath={.spec.taints[*].key}', until: /disk-pressure/ },
  'get nodes -o wide',
  'get node edge-1 -o json',
  'cordon edge-1',
  'cordon edge-1',
  { line: 'get node edge-1 -o jsonpath={.spec.unschedulable}{.spec.taints[*].key}', until: /unschedulable/ },
  'get nodes --no-headers',
  'uncordon edge-1',
  { line: 'get node edge-1 -o jsonpath={.spec.taints[*].key}', until: /^(?!.*unschedulable)/s },
  'taint node edge-1 own=yes:NoExecute',
  'taint node edge-1 own=yes:NoExecute',
  'taint node edge-1 own=no:NoExecute --overwrite',
  'taint node edge-1 own:NoExecute-',
  'taint node edge-1 bad=x:Never',
  'label node edge-1 zone=b --overwrite',
  given(list(pod('kept'), pod('other', {}, { finalizers: ['example.org/hold'] })), 'create -f -'),
  'describe node edge-1',
  'get pods --field-selector spec.nodeName=edge-1',
  'drain edge-1 --timeout=1s',
  'drain edge-1 --force --timeout=1s --dry-run=server',
  'drain edge-1 --force --timeout=30s --pod-selector app=kept',
  'get pods',
  'patch pod other -p {"metadata":{"finalizers":null}}',
  'drain edge-1 --force --disable-eviction --timeout=30s',
  given(
    { ...LEASE, spec: { holderIdentity: 'edge-1', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.000000Z' } },
    'create -f -',
  ),
  given({ ...LEASE, metadata: { name: 'bad' }, spec: { leaseDurationSeconds: 0 } }, 'create -f -'),
  'get leases',
  'get lease edge-1 -o yaml',
  'describe lease edge-1',
  given(EVENT, 'create -f -'),
  'get events',
  'get ev -o wide',
  'describe ev edge-1.1',
  'events',
  'events --for pod/kept',
  'get events --field-selector involvedObject.name=kept,reason=Started -o name',
  'get events --field-selector involvedObject.color=red',
  'delete node edge-1 missing',
]);
