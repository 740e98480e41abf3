import type { Step } from './same-answers.ts';

const NAMESPACE = '/api/v1/namespaces/applied';
const MAPS = `${NAMESPACE}/configmaps`;
const PODS = `${NAMESPACE}/pods`;
const MERGE = { 'content-type': 'application/merge-patch+json' };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
const YAML = { 'content-type': 'application/apply-patch+yaml' };
const CLIENT = 'their mistakes are answered 400 here, 500 by old API servers';
const UNWRITTEN = 'fields that a request cannot write are owned by nobody since 1.22, and names are labels since 1.21';
const FREE = 'maps without a schema are owned field by field since 1.21';
const EMPTY = 'what is empty is owned, too, since 1.21';
const LATER = 'newer API servers say it in other words than old ones';

const cm = (name: string, data?: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  ...(data === undefined ? {} : { data }),
});
const pod = (name: string, spec: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec,
});
const container = (name: string, rest: object = {}) => ({ name, image: 'busybox:1', ...rest });
const apply = (say: string, path: string, manager: string, body: unknown, rest: Partial<Step> = {}): Step => ({
  say,
  method: 'PATCH',
  path: `${path}${path.includes('?') ? '&' : '?'}fieldManager=${manager}`,
  body,
  headers: YAML,
  ...rest,
});
const put = (say: string, path: string, manager: string, body: unknown, rest: Partial<Step> = {}): Step => ({
  say,
  method: 'PUT',
  path: `${path}?fieldManager=${manager}`,
  body,
  ...rest,
});

const GADGETS = '/apis/fields.example.org/v1/namespaces/applied/gadgets';
const gadget = (name: string, spec: object, rest: object = {}) => ({
  apiVersion: 'fields.example.org/v1',
  kind: 'Gadget',
  metadata: { name },
  spec,
  ...rest,
});
const text = { type: 'string' };
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.fields.example.org' },
  spec: {
    group: 'fields.example.org',
    scope: 'Namespaced',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
    versions: ['v1', 'v2'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: { status: {} },
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: {
              type: 'object',
              properties: {
                color: { type: 'string', default: 'red' },
                size: { type: 'integer' },
                tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
                words: { type: 'array', items: text },
                parts: {
                  type: 'array',
                  'x-kubernetes-list-type': 'map',
                  'x-kubernetes-list-map-keys': ['name', 'side'],
                  items: {
                    type: 'object',
                    required: ['name', 'side'],
                    properties: { name: text, side: text, count: { type: 'integer' }, note: text },
                  },
                },
                whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: text, b: text } },
                labels: { type: 'object', additionalProperties: text },
                free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
            status: { type: 'object', properties: { phase: text, seen: { type: 'integer' } } },
          },
        },
      },
    })),
  },
};
const parts = (...list: [string, string, object?][]) => list.map(([name, side, rest]) => ({ name, side, ...rest }));

/** What both API servers are asked about server-side apply; managedFields are compared, too. */
export const APPLY_STEPS: readonly Step[] = [
  {
    say: 'a namespace',
    method: 'POST',
    path: '/api/v1/namespaces?fieldManager=t',
    body: { metadata: { name: 'applied' } },
    otherManagers: UNWRITTEN,
  },
  { say: 'apply without a manager', method: 'PATCH', path: `${MAPS}/a`, body: cm('a'), headers: YAML },
  apply('a manager with a name that is too long', `${MAPS}/a`, 'm'.repeat(129), cm('a')),
  apply('a manager that cannot be printed', `${MAPS}/a`, 'a%00b', cm('a'), { otherText: 'Go writes the character in another way' }),
  { say: 'force for another patch', method: 'PATCH', path: `${MAPS}/a?fieldManager=m&force=true`, body: {}, headers: MERGE },
  apply('apply into a namespace that is missing', '/api/v1/namespaces/nowhere/configmaps/a', 'm1', cm('a')),
  apply('without a name what is missing', `${MAPS}/a`, 'm1', { apiVersion: 'v1', kind: 'ConfigMap' }),
  apply('another name than in the path', `${MAPS}/a`, 'm1', cm('b')),
  apply('a dry run', `${MAPS}/a?dryRun=All`, 'm1', cm('a', { x: '1' })),
  { say: 'which keeps nothing', method: 'GET', path: `${MAPS}/a` },
  apply('create', `${MAPS}/a`, 'm1', cm('a', { x: '1', y: '2' }, { labels: { l: '1' }, annotations: { n: '1' } })),
  apply('the same again', `${MAPS}/a`, 'm1', cm('a', { x: '1', y: '2' }, { labels: { l: '1' }, annotations: { n: '1' } })),
  apply('own a field together', `${MAPS}/a`, 'm2', cm('a', { x: '1' })),
  apply('a conflict', `${MAPS}/a`, 'm3', cm('a', { y: '9' })),
  apply('more conflicts', `${MAPS}/a`, 'm3', cm('a', { x: '9', y: '9', z: '9' }, { labels: { l: '9' } })),
  apply('a conflict in a dry run', `${MAPS}/a?dryRun=All`, 'm3', cm('a', { y: '9' })),
  apply('take them over', `${MAPS}/a?force=true`, 'm3', cm('a', { x: '9', y: '9' })),
  apply('give one up', `${MAPS}/a`, 'm3', cm('a', { x: '9' })),
  apply('own it together again', `${MAPS}/a`, 'm2', cm('a', { x: '9' })),
  apply('give up what another owns, too', `${MAPS}/a`, 'm3', cm('a', { z: '1' })),
  apply('give up everything', `${MAPS}/a`, 'm3', cm('a')),
  apply('without a kind', `${MAPS}/a`, 'm1', { apiVersion: 'v1', metadata: { name: 'a' } }, { otherCode: CLIENT }),
  apply('without an apiVersion', `${MAPS}/a`, 'm1', { kind: 'ConfigMap', metadata: { name: 'a' } }),
  apply('another kind', `${MAPS}/a`, 'm1', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }, { otherCode: CLIENT }),
  apply('another version', `${MAPS}/a`, 'm1', { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'a' } }),
  apply('another namespace', `${MAPS}/a`, 'm1', cm('a', {}, { namespace: 'other' })),
  apply('an old version of the object', `${MAPS}/a`, 'm1', cm('a', { x: '1' }, { resourceVersion: '1' })),
  apply('without a name what is there', `${MAPS}/a`, 'm4', { apiVersion: 'v1', kind: 'ConfigMap', data: { four: '4' } }),
  apply('managedFields in the body', `${MAPS}/a`, 'm1', cm('a', {}, { managedFields: [{ manager: 'x' }] })),
  apply('no managedFields in the body', `${MAPS}/a`, 'm1', cm('a', {}, { managedFields: [] })),
  apply('a null in a map', `${MAPS}/a`, 'm5', cm('a', { n: null })),
  apply('give it up', `${MAPS}/a`, 'm5', cm('a')),
  apply('a wrong type', `${MAPS}/a`, 'm1', cm('a', { x: 1 }), { otherCode: CLIENT }),
  apply('a list for a map', `${MAPS}/a`, 'm1', { ...cm('a'), data: ['x'] }, { otherCode: CLIENT }),
  apply('an unknown field', `${MAPS}/a`, 'm1', { ...cm('a'), foo: { bar: 1 } }, { otherCode: CLIENT }),
  apply('an unknown field of metadata', `${MAPS}/a`, 'm1', cm('a', {}, { foo: 'bar' }), { otherCode: CLIENT }),
  apply('a bad key', `${MAPS}/a`, 'm1', cm('a', { 'a b': '1' }), { otherText: LATER }),
  apply('broken YAML', `${MAPS}/a`, 'm1', 'a: b: c\n  - d', { otherText: 'another YAML library' }),
  apply('YAML that is a list', `${MAPS}/a`, 'm1', '- a\n', { otherText: 'another JSON library' }),
  apply('nothing', `${MAPS}/a`, 'm1', ''),
  apply('YAML', `${MAPS}/a`, 'm1', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata: {yaml: "1"} # said\n'),
  put('an update owns what it changes', `${MAPS}/a`, 'u1', cm('a', { x: '5', yaml: '2' })),
  apply('apply over an update', `${MAPS}/a`, 'm1', cm('a', { yaml: '3' })),
  {
    say: 'a patch by another client',
    method: 'PATCH',
    path: `${MAPS}/a`,
    headers: { ...MERGE, 'user-agent': 'foo bar/1.2 (x)' },
    body: { data: { x: '6' } },
  },
  { say: 'and by one without a name', method: 'PATCH', path: `${MAPS}/a`, headers: MERGE, body: { data: { w: '1' } } },
  put('take a field away from who applied it', `${MAPS}/a`, 'u1', cm('a', { x: '6' })),
  put('managedFields that a client sets', `${MAPS}/a`, 'u1', cm('a', { x: '6' }, { managedFields: [{ manager: 'foo', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'f:x': {} } } }] })), // prettier-ignore
  apply('who is set now owns it', `${MAPS}/a`, 'm1', cm('a', { x: '7' })),
  put('managedFields that are reset', `${MAPS}/a`, 'u1', cm('a', { x: '6', y: '1' }, { managedFields: [{}] })),
  put('an update of what has none', `${MAPS}/a`, 'u1', cm('a', { x: '8', y: '1' })),
  apply('the first apply of what has none', `${MAPS}/a`, 'm1', cm('a', { x: '8' })),
  apply('a conflict with what was before', `${MAPS}/a`, 'm1', cm('a', { x: '9' })),
  { say: 'reset by a patch', method: 'PATCH', path: `${MAPS}/a`, headers: MERGE, body: { metadata: { managedFields: [] } } },
  { say: 'create with managedFields', method: 'POST', path: `${MAPS}?fieldManager=c`, body: cm('b', { x: '1' }, { managedFields: [{ manager: 'foo', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'f:q': {} } } }] }) }, // prettier-ignore
  {
    say: 'a JSON patch of managedFields, as kubectl migrates',
    method: 'PATCH',
    path: `${MAPS}/b?fieldManager=kubectl`,
    headers: JSON_PATCH,
    body: [{ op: 'replace', path: '/metadata/managedFields', value: [{ manager: 'kubectl', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'f:x': {} } } }] }], // prettier-ignore
  },
  apply('a null for a map', `${MAPS}/n`, 'm1', { ...cm('n'), data: null }, { otherManagers: EMPTY }),
  apply('finalizers are a set', `${MAPS}/f`, 'm1', cm('f', undefined, { finalizers: ['x.io/a', 'x.io/b'] })),
  apply('another adds one', `${MAPS}/f`, 'm2', cm('f', undefined, { finalizers: ['x.io/a', 'x.io/c'] })),
  apply('the first drops one', `${MAPS}/f`, 'm1', cm('f', undefined, { finalizers: ['x.io/a'] })),
  apply('no finalizers', `${MAPS}/f`, 'm1', cm('f')),
  apply('a pod', `${PODS}/p`, 'm1', pod('p', { automountServiceAccountToken: false, terminationGracePeriodSeconds: 5, containers: [container('a', { ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }], env: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }], command: ['a', 'b'] })] }, { labels: { app: 'p' } })), // prettier-ignore
  apply('the pod again', `${PODS}/p`, 'm1', pod('p', { automountServiceAccountToken: false, terminationGracePeriodSeconds: 5, containers: [container('a', { ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }], env: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }], command: ['a', 'b'] })] }, { labels: { app: 'p' } })), // prettier-ignore
  apply('another image of one container', `${PODS}/p`, 'm2', pod('p', { containers: [{ name: 'a', image: 'busybox:2' }] })),
  apply('taken over', `${PODS}/p?force=true`, 'm2', pod('p', { containers: [{ name: 'a', image: 'busybox:2' }] })),
  apply('what may not be changed', `${PODS}/p?force=true`, 'm2', pod('p', { containers: [container('a', { command: ['c'] })] }), {
    otherText: LATER,
  }),
  apply('a container more', `${PODS}/p`, 'm2', pod('p', { containers: [container('b')] }), { otherText: LATER }),
  apply('two containers of one name', `${PODS}/q`, 'm1', pod('q', { containers: [container('a'), container('a')] }), { otherCode: CLIENT }),
  apply('its status', `${PODS}/p/status`, 'm4', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } }), // prettier-ignore
  apply('one more condition', `${PODS}/p/status`, 'm5', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, status: { conditions: [{ type: 'Initialized', status: 'True' }] } }), // prettier-ignore
  apply('a condition in conflict', `${PODS}/p/status`, 'm5', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, status: { conditions: [{ type: 'Ready', status: 'False' }] } }, { otherText: 'conflicts name the subresource since 1.22' }), // prettier-ignore
  apply('the status of what is missing', `${PODS}/none/status`, 'm1', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'none' } }),
  {
    say: 'somebody who may patch and no more',
    method: 'POST',
    path: '/apis/rbac.authorization.k8s.io/v1/namespaces/applied/roles?fieldManager=t',
    body: { metadata: { name: 'patcher' }, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['patch', 'update'] }] },
  },
  {
    say: 'is bound',
    method: 'POST',
    path: '/apis/rbac.authorization.k8s.io/v1/namespaces/applied/rolebindings?fieldManager=t',
    body: {
      metadata: { name: 'patcher' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'patcher' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'pat' }],
    },
    otherManagers: 'a subject is owned as a whole, and its defaults come later, in newer API servers',
  },
  apply('cannot make an object', `${MAPS}/pat`, 'm1', cm('pat'), { headers: { ...YAML, 'impersonate-user': 'pat' }, otherText: LATER }),
  apply('can apply to one', `${MAPS}/a`, 'm9', cm('a', { p: '1' }), { headers: { ...YAML, 'impersonate-user': 'pat' } }),
  { say: 'a definition', method: 'POST', path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?fieldManager=t', body: crd, otherText: 'the real server has its conditions later', otherManagers: UNWRITTEN }, // prettier-ignore
  apply('a custom resource', `${GADGETS}/g`, 'm1', gadget('g', { size: 1, tags: ['a', 'b'], words: ['x'], parts: parts(['n', 'left', { count: 1 }], ['n', 'right']), whole: { a: '1' }, labels: { k: 'v' }})), // prettier-ignore
  apply('no change', `${GADGETS}/g`, 'm1', gadget('g', { size: 1, tags: ['a', 'b'], words: ['x'], parts: parts(['n', 'left', { count: 1 }], ['n', 'right']), whole: { a: '1' }, labels: { k: 'v' }})), // prettier-ignore
  apply('another manager beside it', `${GADGETS}/g`, 'm2', gadget('g', { color: 'red', tags: ['c'], parts: parts(['o', 'left', { note: 'n' }]), labels: { j: 'w' } })), // prettier-ignore
  apply('conflicts of every kind', `${GADGETS}/g`, 'm2', gadget('g', { size: 2, words: ['y'], parts: parts(['n', 'left', { count: 2 }]), whole: { b: '1' }, labels: { k: 'u' } })), // prettier-ignore
  apply('drop some', `${GADGETS}/g`, 'm1', gadget('g', { tags: ['a'], parts: parts(['n', 'left']) })),
  apply('a default that was overridden', `${GADGETS}/g?force=true`, 'm3', gadget('g', { color: 'blue', labels: { m: '3' } })),
  apply('comes back', `${GADGETS}/g`, 'm3', gadget('g', { labels: { m: '3' } })),
  apply('a field that is not declared', `${GADGETS}/g`, 'm1', gadget('g', { nonsense: 1 }), { otherCode: CLIENT }),
  apply('an element twice in a set', `${GADGETS}/g`, 'm1', gadget('g', { tags: ['a', 'a'] }), { otherCode: CLIENT }),
  apply('an element twice in a list by keys', `${GADGETS}/g`, 'm1', gadget('g', { parts: parts(['n', 'left'], ['n', 'left']) }), { otherCode: CLIENT }), // prettier-ignore
  apply('a wrong type in it', `${GADGETS}/g`, 'm1', gadget('g', { size: 'big' }), { otherCode: CLIENT }),
  apply('its status', `${GADGETS}/g/status`, 'm4', gadget('g', {}, { spec: undefined, status: { phase: 'Ready', seen: 3 } })),
  apply('its status by another', `${GADGETS}/g/status`, 'm5', gadget('g', {}, { spec: undefined, status: { phase: 'Gone' } }), { otherText: 'conflicts name the subresource since 1.22' }), // prettier-ignore
  { say: 'a patch of a custom resource', method: 'PATCH', path: `${GADGETS}/g?fieldManager=u1`, headers: MERGE, body: { spec: { size: 7, tags: ['z'] } } }, // prettier-ignore
  apply('in another version', `${GADGETS.replace('/v1/', '/v2/')}/g`, 'm6', { ...gadget('g', { words: ['v2'] }), apiVersion: 'fields.example.org/v2' }), // prettier-ignore
  apply('in the first version again', `${GADGETS}/g`, 'm6', gadget('g', { labels: { v: '1' } })),
  apply('a conflict with the other version', `${GADGETS}/g?force=false`, 'm7', gadget('g', { labels: { v: '2' }, size: 9 })),
  apply('its status through the main endpoint', `${PODS}/o`, 'm3', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'o' }, spec: { containers: [container('a')] }, status: { phase: 'Running' } }, { otherManagers: UNWRITTEN }), // prettier-ignore
  apply('a part without a schema', `${GADGETS}/free`, 'm1', gadget('free', { free: { x: { y: 1 }, l: [1] } }), { otherManagers: FREE }),
  apply('another field of it', `${GADGETS}/free`, 'm2', gadget('free', { free: { z: 1 } }), { otherManagers: FREE }),
  apply('a conflict in it', `${GADGETS}/free`, 'm2', gadget('free', { free: { l: [1, 2] } })),
  apply('an empty configuration', `${GADGETS}/free`, 'm2', gadget('free', {}), { otherManagers: EMPTY }),
  {
    say: 'delete the definition',
    method: 'DELETE',
    path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.fields.example.org',
    otherText: 'the message of a condition',
    otherManagers: UNWRITTEN,
  },
];
