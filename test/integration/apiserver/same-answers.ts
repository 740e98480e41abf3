/** One request of the comparison. `$UID` in a body stands for the uid of the object that was answered last. */
export interface Step {
  readonly say: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Why only code and reason are compared. */
  readonly otherText?: string;
  /** Why the answers differ on purpose; docs/control-plane.md says so, too. */
  readonly differs?: string;
  /** Why only it is compared that both refuse. */
  readonly otherCode?: string;
  /** Why managedFields are not compared. */
  readonly otherManagers?: string;
}

const DEFAULT = '/api/v1/namespaces/same';
const PODS = `${DEFAULT}/pods`;
const MERGE = { 'content-type': 'application/merge-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
const cm = (name: string, rest: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...rest });
const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name } },
  spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'busybox' }], ...spec },
});
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.org' },
  spec: {
    group: 'example.org',
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['size'],
                properties: { size: { type: 'integer', minimum: 1 }, color: { type: 'string', default: 'red', enum: ['red', 'blue'] } },
              },
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
};
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const THINGS = '/apis/example.org/v1/namespaces/same/things';
const thing = (name: string, spec: object) => ({ apiVersion: 'example.org/v1', kind: 'Thing', metadata: { name }, spec });
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/same/leases';
const LATER = 'newer API servers say it in other words than old ones';

/** What both API servers are asked, in this order; `awaitCrd` marks where the new resource must be served first. */
export const STEPS: readonly Step[] = [
  { say: 'create in a missing namespace', method: 'POST', path: `${DEFAULT}/configmaps`, body: cm('a') },
  { say: 'create a namespace', method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'same' } } },
  { say: 'create it again', method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'same' } } },
  {
    say: 'create a namespace with a bad name',
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { metadata: { name: 'Same_' } },
    otherText: LATER,
  },
  { say: 'get what is missing', method: 'GET', path: `${DEFAULT}/configmaps/a` },
  { say: 'create a configmap', method: 'POST', path: `${DEFAULT}/configmaps`, body: cm('a', { data: { x: '1' } }) },
  ...[{ propagationPolicy: 'Later' }, { propagationPolicy: 'Orphan', orphanDependents: true }, { dryRun: ['Some'] }].map((body) => ({
    say: `delete it with ${JSON.stringify(body)}`,
    method: 'DELETE',
    path: `${DEFAULT}/configmaps/a`,
    body,
  })),
  { say: 'delete it dryly', method: 'DELETE', path: `${DEFAULT}/configmaps/a`, body: { dryRun: ['All'] } },
  { say: 'delete it with a policy that is none', method: 'DELETE', path: `${DEFAULT}/configmaps/a?propagationPolicy=Later` },
  { say: 'get it', method: 'GET', path: `${DEFAULT}/configmaps/a` },
  { say: 'create without a name', method: 'POST', path: `${DEFAULT}/configmaps`, body: { data: {} } },
  {
    say: 'create with another namespace',
    method: 'POST',
    path: `${DEFAULT}/configmaps`,
    body: { metadata: { name: 'b', namespace: 'other' } },
  },
  {
    say: 'create with a wrong apiVersion',
    method: 'POST',
    path: `${DEFAULT}/configmaps`,
    body: { ...cm('b'), apiVersion: 'v2' },
    otherText: LATER,
  },
  {
    say: 'create with a wrong kind',
    method: 'POST',
    path: `${DEFAULT}/configmaps`,
    body: { ...cm('b'), kind: 'Secret' },
    otherText: LATER,
  },
  { say: 'create with a wrong type', method: 'POST', path: `${DEFAULT}/configmaps`, body: cm('b', { data: { x: 1 } }), otherText: LATER },
  {
    say: 'create with a bad data key',
    method: 'POST',
    path: `${DEFAULT}/configmaps`,
    body: cm('b', { data: { 'x y': '1' } }),
    otherText: LATER,
  },
  { say: 'create out of broken JSON', method: 'POST', path: `${DEFAULT}/configmaps`, body: '{"metadata":', otherText: LATER },
  {
    say: 'create out of YAML',
    method: 'POST',
    path: `${DEFAULT}/configmaps`,
    body: 'metadata:\n  name: yaml\ndata: {a: b}\n',
    headers: { 'content-type': 'application/yaml' },
  },
  {
    say: 'create out of plain text',
    method: 'POST',
    path: `${DEFAULT}/configmaps`,
    body: 'hello',
    headers: { 'content-type': 'text/plain' },
    otherText: LATER,
  },
  {
    say: 'create with a bad label',
    method: 'POST',
    path: `${DEFAULT}/configmaps`,
    body: { metadata: { name: 'b', labels: { a: 'x y' } } },
    otherText: LATER,
  },
  {
    say: 'accept nothing that is known',
    method: 'GET',
    path: `${DEFAULT}/configmaps/a`,
    headers: { accept: 'text/html' },
    otherText: LATER,
  },
  { say: 'update it', method: 'PUT', path: `${DEFAULT}/configmaps/a`, body: cm('a', { data: { x: '2' } }) },
  {
    say: 'update with an old version',
    method: 'PUT',
    path: `${DEFAULT}/configmaps/a`,
    body: { metadata: { name: 'a', resourceVersion: '1' } },
  },
  { say: 'update under another name', method: 'PUT', path: `${DEFAULT}/configmaps/a`, body: cm('z') },
  {
    say: 'update with another uid',
    method: 'PUT',
    path: `${DEFAULT}/configmaps/a`,
    body: { metadata: { name: 'a', uid: 'x' } },
    otherText: 'etcd shows through',
  },
  { say: 'update without a name', method: 'PUT', path: `${DEFAULT}/configmaps/a`, body: {} },
  { say: 'patch the name away', method: 'PATCH', path: `${DEFAULT}/configmaps/a`, body: { metadata: { name: null } }, headers: MERGE },
  { say: 'update what is missing', method: 'PUT', path: `${DEFAULT}/configmaps/z`, body: cm('z') },
  { say: 'merge-patch it', method: 'PATCH', path: `${DEFAULT}/configmaps/a`, headers: MERGE, body: { data: { y: '3', x: null } } },
  {
    say: 'strategic-patch it',
    method: 'PATCH',
    path: `${DEFAULT}/configmaps/a`,
    headers: STRATEGIC,
    body: { metadata: { labels: { l: '1' } } },
  },
  {
    say: 'JSON-patch it',
    method: 'PATCH',
    path: `${DEFAULT}/configmaps/a`,
    headers: JSON_PATCH,
    body: [{ op: 'add', path: '/data/z', value: '4' }],
  },
  {
    say: 'JSON-patch with a failing test',
    method: 'PATCH',
    path: `${DEFAULT}/configmaps/a`,
    headers: JSON_PATCH,
    body: [{ op: 'test', path: '/data/z', value: '5' }],
    otherText: LATER,
  },
  {
    say: 'patch with an old version',
    method: 'PATCH',
    path: `${DEFAULT}/configmaps/a`,
    headers: MERGE,
    body: { metadata: { resourceVersion: '1' } },
  },
  { say: 'patch what is missing', method: 'PATCH', path: `${DEFAULT}/configmaps/z`, headers: MERGE, body: {} },
  {
    say: 'patch with an unknown type',
    method: 'PATCH',
    path: `${DEFAULT}/configmaps/a`,
    headers: { 'content-type': 'application/json' },
    body: {},
    otherText: LATER,
  },
  {
    say: 'patch to a wrong type',
    method: 'PATCH',
    path: `${DEFAULT}/configmaps/a`,
    headers: MERGE,
    body: { data: { x: 1 } },
    otherText: LATER,
  },
  { say: 'list by label', method: 'GET', path: `${DEFAULT}/configmaps?labelSelector=l%3D1` },
  { say: 'list by a broken label selector', method: 'GET', path: `${DEFAULT}/configmaps?labelSelector=l%3D%3D%3D`, otherText: LATER },
  { say: 'list by name', method: 'GET', path: `${DEFAULT}/configmaps?fieldSelector=metadata.name%3Da` },
  { say: 'list by an unknown field', method: 'GET', path: `${DEFAULT}/pods?fieldSelector=spec.foo%3Da` },
  { say: 'list by a bad continue token', method: 'GET', path: `${DEFAULT}/configmaps?limit=1&continue=nonsense`, otherText: LATER },
  { say: 'list a resource that is not there', method: 'GET', path: `${DEFAULT}/nonsense`, otherText: 'plain text there' },
  { say: 'ask for a group that is not there', method: 'GET', path: '/apis/nonsense.example.org', otherText: 'plain text there' },
  { say: 'a pod without containers', method: 'POST', path: PODS, body: pod('bad', { containers: [] }) },
  { say: 'a pod without an image', method: 'POST', path: PODS, body: pod('bad', { containers: [{ name: 'c' }] }) },
  {
    say: 'a pod with two containers of one name',
    method: 'POST',
    path: PODS,
    body: pod('bad', {
      containers: [
        { name: 'c', image: 'a' },
        { name: 'c', image: 'b' },
      ],
    }),
  },
  { say: 'a pod with a bad restart policy', method: 'POST', path: PODS, body: pod('bad', { restartPolicy: 'Sometimes' }) },
  {
    say: 'a pod with a bad port',
    method: 'POST',
    path: PODS,
    body: pod('bad', { containers: [{ name: 'c', image: 'a', ports: [{ containerPort: 99999 }] }] }),
  },
  { say: 'a pod on a node', method: 'POST', path: PODS, body: pod('bound', { nodeName: 'n1' }) },
  { say: 'a pod nowhere', method: 'POST', path: PODS, body: pod('unbound') },
  { say: 'pods of the node', method: 'GET', path: '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1' },
  {
    say: 'change what a pod may not change',
    method: 'PATCH',
    path: `${PODS}/bound`,
    headers: STRATEGIC,
    body: { spec: { nodeName: 'n2' } },
    otherText: LATER,
  },
  {
    say: 'change its image',
    method: 'PATCH',
    path: `${PODS}/bound`,
    headers: STRATEGIC,
    body: { spec: { containers: [{ name: 'c', image: 'alpine' }] } },
  },
  {
    say: 'its status',
    method: 'PATCH',
    path: `${PODS}/bound/status`,
    headers: STRATEGIC,
    body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
  },
  {
    say: 'one more condition',
    method: 'PATCH',
    path: `${PODS}/bound/status`,
    headers: STRATEGIC,
    body: { status: { conditions: [{ type: 'Initialized', status: 'True' }] } },
  },
  {
    say: 'status through the main endpoint does nothing',
    method: 'PATCH',
    path: `${PODS}/bound`,
    headers: STRATEGIC,
    body: { status: { phase: 'Failed' } },
  },
  { say: 'delete the unbound pod', method: 'DELETE', path: `${PODS}/unbound` },
  { say: 'it is gone', method: 'GET', path: `${PODS}/unbound` },
  { say: 'delete the bound pod', method: 'DELETE', path: `${PODS}/bound` },
  { say: 'it is still there', method: 'GET', path: `${PODS}/bound` },
  { say: 'delete it again', method: 'DELETE', path: `${PODS}/bound` },
  {
    say: 'give it a finalizer too late',
    method: 'PATCH',
    path: `${PODS}/bound`,
    headers: MERGE,
    body: { metadata: { finalizers: ['example.org/x'] } },
    otherText: LATER,
  },
  {
    say: 'delete it for another uid',
    method: 'DELETE',
    path: `${PODS}/bound`,
    body: { gracePeriodSeconds: 0, preconditions: { uid: 'x' } },
    otherText: LATER,
  },
  { say: 'delete it at once', method: 'DELETE', path: `${PODS}/bound`, body: { gracePeriodSeconds: 0 } },
  { say: 'now it is gone', method: 'GET', path: `${PODS}/bound` },
  {
    say: 'a finalizer',
    method: 'PATCH',
    path: `${DEFAULT}/configmaps/a`,
    headers: MERGE,
    body: { metadata: { finalizers: ['example.org/x'] } },
  },
  { say: 'delete what a finalizer holds', method: 'DELETE', path: `${DEFAULT}/configmaps/a` },
  { say: 'delete it again', method: 'DELETE', path: `${DEFAULT}/configmaps/a` },
  {
    say: 'take the finalizer off',
    method: 'PATCH',
    path: `${DEFAULT}/configmaps/a`,
    headers: MERGE,
    body: { metadata: { finalizers: null } },
  },
  { say: 'it is gone', method: 'GET', path: `${DEFAULT}/configmaps/a` },
  { say: 'a secret out of text', method: 'POST', path: `${DEFAULT}/secrets`, body: { metadata: { name: 's' }, stringData: { p: 'w' } } },
  { say: 'delete it', method: 'DELETE', path: `${DEFAULT}/secrets/s` },
  {
    say: 'a secret that is not base64',
    method: 'POST',
    path: `${DEFAULT}/secrets`,
    body: { metadata: { name: 's' }, data: { p: '!' } },
    otherText: LATER,
  },
  { say: 'a node', method: 'POST', path: '/api/v1/nodes', body: { metadata: { name: 'n1' }, status: { capacity: { cpu: '1' } } } },
  {
    say: 'its status',
    method: 'PATCH',
    path: '/api/v1/nodes/n1/status',
    headers: STRATEGIC,
    body: { status: { conditions: [{ type: 'Ready', status: 'True' }], addresses: [{ type: 'Hostname', address: 'n1' }] } },
  },
  { say: 'delete it', method: 'DELETE', path: '/api/v1/nodes/n1' },
  {
    say: 'a lease that is put',
    method: 'PUT',
    path: `${LEASES}/l`,
    body: { metadata: { name: 'l' }, spec: { holderIdentity: 'x', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.000000Z' } },
  },
  {
    say: 'put again without a version',
    method: 'PUT',
    path: `${LEASES}/l`,
    body: { metadata: { name: 'l' }, spec: { holderIdentity: 'y' } },
  },
  {
    say: 'a lease of no duration',
    method: 'POST',
    path: LEASES,
    body: { metadata: { name: 'm' }, spec: { leaseDurationSeconds: 0 } },
    otherText: LATER,
  },
  {
    say: 'an event',
    method: 'POST',
    path: `${DEFAULT}/events`,
    body: { metadata: { name: 'e' }, involvedObject: { kind: 'Node', name: 'n1', namespace: 'same' }, reason: 'R', type: 'Normal' },
  },
  {
    say: 'an event of elsewhere',
    method: 'POST',
    path: `${DEFAULT}/events`,
    body: { metadata: { name: 'f' }, involvedObject: { namespace: 'other' } },
    otherText: LATER,
  },
  { say: 'events of a node', method: 'GET', path: `${DEFAULT}/events?fieldSelector=involvedObject.kind%3DNode,involvedObject.name%3Dn1` },
  {
    say: 'a definition with a wrong name',
    method: 'POST',
    path: CRDS,
    body: { ...crd, metadata: { name: 'x.example.org' } },
    otherText: LATER,
  },
  { say: 'a definition', method: 'POST', path: CRDS, body: crd, otherText: 'there, its names are accepted a moment later' },
  { say: 'a thing', method: 'POST', path: THINGS, body: thing('t', { size: 2, foo: 1 }) },
  { say: 'its defaults', method: 'GET', path: `${THINGS}/t` },
  { say: 'a thing that is too small', method: 'POST', path: THINGS, body: thing('u', { size: 0 }), otherText: LATER },
  { say: 'a thing of a wrong type', method: 'POST', path: THINGS, body: thing('u', { size: 'x' }), otherText: LATER },
  { say: 'a thing without size', method: 'POST', path: THINGS, body: thing('u', {}), otherText: LATER },
  { say: 'a thing of no colour', method: 'POST', path: THINGS, body: thing('u', { size: 1, color: 'green' }), otherText: LATER },
  { say: 'a thing that is put without a version', method: 'PUT', path: `${THINGS}/t`, body: thing('t', { size: 3 }), otherText: LATER },
  { say: 'a thing patched strategically', method: 'PATCH', path: `${THINGS}/t`, headers: STRATEGIC, body: {}, otherText: LATER },
  { say: 'a thing grows', method: 'PATCH', path: `${THINGS}/t`, headers: MERGE, body: { spec: { size: 5 }, status: { phase: 'no' } } },
  { say: 'its status', method: 'PATCH', path: `${THINGS}/t/status`, headers: MERGE, body: { status: { phase: 'yes' }, spec: { size: 9 } } },
  { say: 'it has no scale', method: 'GET', path: `${THINGS}/t/scale`, otherText: 'plain text there' },
  { say: 'delete it', method: 'DELETE', path: `${THINGS}/t` },
  { say: 'delete the default namespace', method: 'DELETE', path: '/api/v1/namespaces/default' },
  { say: 'delete all configmaps', method: 'DELETE', path: `${DEFAULT}/configmaps` },
  { say: 'a bad dryRun', method: 'POST', path: `${DEFAULT}/configmaps?dryRun=Some`, body: cm('d'), otherText: LATER },
  { say: 'a dry run', method: 'POST', path: `${DEFAULT}/configmaps?dryRun=All`, body: cm('d') },
  { say: 'kept nothing', method: 'GET', path: `${DEFAULT}/configmaps/d` },
  { say: 'delete the namespace', method: 'DELETE', path: '/api/v1/namespaces/same' },
];
