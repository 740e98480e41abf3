import type { Step } from './same-answers.ts';

const NAMESPACE = '/api/v1/namespaces/rights';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ROLES = `${RBAC}/namespaces/rights/roles`;
const BINDINGS = `${RBAC}/namespaces/rights/rolebindings`;
const CLUSTER_ROLES = `${RBAC}/clusterroles`;
const CLUSTER_BINDINGS = `${RBAC}/clusterrolebindings`;
const REVIEWS = '/apis/authorization.k8s.io/v1';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const LATER = 'newer API servers say it in other words than old ones';
/** A uid is told. */
const RANDOM = { otherText: 'names a uid' };
const DIFFERENCE = 'it shows the difference as Go would';
const GO = 'Go shows the value as it keeps it';

const as = (name: string, ...groups: string[]) => ({
  'impersonate-user': name,
  ...(groups.length > 0 && { 'impersonate-group': groups.join() }),
});
const alice = as('alice');
const role = (name: string, ...rules: object[]) => ({ metadata: { name }, rules });
const reads = { apiGroups: [''], resources: ['pods', 'configmaps'], verbs: ['get', 'list'] };
const binding = (name: string, kind: string, roleName: string, ...subjects: object[]) => ({
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: roleName },
  subjects: subjects.length > 0 ? subjects : [{ kind: 'User', name: 'alice' }],
});
const aggregated = (name: string, ...selectors: object[]) => ({ metadata: { name }, aggregationRule: { clusterRoleSelectors: selectors } });
const may = (say: string, verb: string, resource: object, headers: Record<string, string> = alice): Step => ({
  say,
  method: 'POST',
  path: `${REVIEWS}/selfsubjectaccessreviews`,
  body: { spec: { resourceAttributes: { verb, ...resource } } },
  headers: { 'content-type': 'application/json', ...headers },
});
const post = (say: string, path: string, body: unknown, headers: Record<string, string> = {}, rest: Partial<Step> = {}): Step => ({
  say,
  method: 'POST',
  path,
  body,
  headers,
  ...rest,
});
const get = (say: string, path: string, headers: Record<string, string> = alice): Step => ({ say, method: 'GET', path, headers });
const remove = (path: string): Step => ({ say: `delete ${path}`, method: 'DELETE', path });

/** Users with few rights, and what is said to them. */
export const RIGHTS_STEPS: readonly Step[] = [
  post('a namespace', '/api/v1/namespaces', { metadata: { name: 'rights' } }),
  get('nobody lists pods', '/api/v1/pods'),
  get('nor those of a namespace', `${NAMESPACE}/pods`),
  get('nor one', `${NAMESPACE}/pods/p`),
  get('nor its log', `${NAMESPACE}/pods/p/log`),
  get('nor beyond', `${NAMESPACE}/pods/p/proxy/a/b`),
  get('nor a namespace, which is in itself', NAMESPACE),
  get('nor watches', `${NAMESPACE}/pods?watch=true`),
  get('nor one by its name', `${NAMESPACE}/pods?fieldSelector=metadata.name%3Dp`),
  get('nor of a kind that is not there', '/apis/nowhere.example.org/v1/things'),
  get('nor a path', '/logs'),
  get('with a name like HTML', '/logs', as('<b>&')),
  post('nor creates', `${NAMESPACE}/configmaps`, { metadata: { name: 'c' } }, alice),
  { say: 'nor updates', method: 'PUT', path: `${NAMESPACE}/configmaps/c`, body: {}, headers: alice },
  { say: 'nor patches', method: 'PATCH', path: `${NAMESPACE}/configmaps/c/status`, body: {}, headers: { ...MERGE, ...alice } },
  { say: 'nor deletes', method: 'DELETE', path: `${NAMESPACE}/configmaps/c`, headers: alice },
  { say: 'nor all', method: 'DELETE', path: `${NAMESPACE}/configmaps`, headers: alice },
  { say: 'nor one by its name', method: 'DELETE', path: `${NAMESPACE}/configmaps?fieldSelector=metadata.name%3Dp`, headers: alice },
  get('discovery is for all', '/apis/certificates.k8s.io/v1/none', alice),

  post('a role', ROLES, role('reader', reads)),
  post('a role without rules', ROLES, { metadata: { name: 'empty' } }),
  post('a role without verbs', ROLES, role('bad', { apiGroups: [''], resources: ['pods'] }), {}, { otherText: LATER }),
  post('a role without groups', ROLES, role('bad', { resources: ['pods'], verbs: ['get'] })),
  post('a role without resources', ROLES, role('bad', { apiGroups: [''], verbs: ['get'] })),
  post('a role for paths', ROLES, role('bad', { nonResourceURLs: ['/x'], verbs: ['get'] }), {}, { otherText: GO }),
  post(
    'a cluster role of both',
    CLUSTER_ROLES,
    role('bad', { nonResourceURLs: ['/x'], apiGroups: [''], resources: ['a'], verbs: ['get'] }),
    {},
    { otherText: GO },
  ),
  post('a cluster role that gathers nothing', CLUSTER_ROLES, aggregated('bad')),
  post('a cluster role of a bad selector', CLUSTER_ROLES, aggregated('bad', { matchLabels: { 'a b': 'c' } }), {}, { otherText: LATER }),
  post('a role with a name of its own', ROLES, role('a:b', reads)),
  post('a role with a bad name', ROLES, role('a/b', reads)),
  post('a cluster role', CLUSTER_ROLES, role('rights-view', reads)),
  post('and more', CLUSTER_ROLES, role('rights-edit', { ...reads, verbs: ['*'] })),
  post('a binding', BINDINGS, binding('readers', 'Role', 'reader')),
  post('a binding of nothing', BINDINGS, { metadata: { name: 'bad' } }, {}, { otherText: LATER }),
  post('a binding of a group that is none', BINDINGS, { metadata: { name: 'bad' }, roleRef: { apiGroup: 'x', kind: 'Role', name: 'r' } }),
  post('a binding of another kind', BINDINGS, binding('bad', 'Pod', 'r'), {}, { otherText: LATER }),
  post('a binding without a name', BINDINGS, binding('bad', 'Role', '')),
  post('a binding of an odd name', BINDINGS, binding('bad', 'Role', 'a/b')),
  post('a binding of the cluster to a role', CLUSTER_BINDINGS, binding('bad', 'Role', 'reader'), {}, { otherText: LATER }),
  post('to an odd subject', BINDINGS, binding('bad', 'Role', 'r', { kind: 'Pod', name: 'x' }), {}, { otherText: LATER }),
  post('to a subject without a name', BINDINGS, binding('bad', 'Role', 'r', { kind: 'User', name: '' })),
  post('to an account of a group', BINDINGS, binding('bad', 'Role', 'r', { kind: 'ServiceAccount', name: 'x', apiGroup: 'y' })),
  post('to a user of a group', BINDINGS, binding('bad', 'Role', 'r', { kind: 'User', name: 'x', apiGroup: 'y' })),
  post('to an account of no namespace', CLUSTER_BINDINGS, binding('bad', 'ClusterRole', 'view', { kind: 'ServiceAccount', name: 'x' })),
  post('to all kinds', BINDINGS, {
    ...binding(
      'many',
      'ClusterRole',
      'rights-view',
      { kind: 'ServiceAccount', name: 'bot' },
      { kind: 'Group', name: 'g' },
      { kind: 'User', name: 'u' },
    ),
  }),
  {
    say: 'a binding changes its role',
    method: 'PATCH',
    path: `${BINDINGS}/readers`,
    headers: MERGE,
    body: { roleRef: { name: 'other' } },
    otherText: GO,
  },
  {
    say: 'a binding changes its subjects',
    method: 'PATCH',
    path: `${BINDINGS}/readers`,
    headers: MERGE,
    body: {
      subjects: [
        { kind: 'User', name: 'alice' },
        { kind: 'Group', name: 'readers' },
      ],
    },
  },

  get('now she reads', `${NAMESPACE}/configmaps`),
  get('and one', `${NAMESPACE}/configmaps/none`),
  get('but does not watch', `${NAMESPACE}/configmaps?watch=true`),
  get('nor elsewhere', '/api/v1/namespaces/default/configmaps'),
  get('nor everywhere', '/api/v1/configmaps'),
  get('who is in the group reads as well', `${NAMESPACE}/configmaps`, as('bob', 'readers')),
  get('others do not', `${NAMESPACE}/configmaps`, as('bob')),
  get('an account views', `${NAMESPACE}/configmaps`, as('system:serviceaccount:rights:bot')),
  get('but no secrets', `${NAMESPACE}/secrets`, as('system:serviceaccount:rights:bot')),
  get('an account of elsewhere does not', `${NAMESPACE}/configmaps`, as('system:serviceaccount:default:bot')),

  may('may she?', 'get', { resource: 'pods', namespace: 'rights' }),
  may('anywhere?', 'get', { resource: 'pods' }),
  may('update?', 'update', { resource: 'pods', namespace: 'rights' }),
  may('its status?', 'get', { resource: 'pods', subresource: 'status', namespace: 'rights' }),
  may('the account?', 'list', { resource: 'pods', namespace: 'rights' }, as('system:serviceaccount:rights:bot')),
  may('the administrator?', 'delete', { resource: 'nodes' }, {}),
  may('a node?', 'get', { resource: 'nodes' }, as('system:node:n1', 'system:nodes')),
  post(
    'may she see /api?',
    `${REVIEWS}/selfsubjectaccessreviews`,
    { spec: { nonResourceAttributes: { verb: 'get', path: '/api/x' } } },
    alice,
  ),
  post('may she see /x?', `${REVIEWS}/selfsubjectaccessreviews`, { spec: { nonResourceAttributes: { verb: 'get', path: '/x' } } }, alice),
  post('nothing asked', `${REVIEWS}/selfsubjectaccessreviews`, { spec: {} }),
  post(
    'both asked',
    `${REVIEWS}/subjectaccessreviews`,
    {
      spec: { user: 'u', resourceAttributes: {}, nonResourceAttributes: {} },
    },
    {},
    { otherText: GO },
  ),
  post('for nobody', `${REVIEWS}/subjectaccessreviews`, { spec: { resourceAttributes: { verb: 'get' } } }),
  post('for another', `${REVIEWS}/subjectaccessreviews`, {
    spec: { user: 'alice', resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'rights' } },
  }),
  post('for a group', `${REVIEWS}/subjectaccessreviews`, {
    spec: { groups: ['readers'], resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'rights' } },
  }),
  post('by herself', `${REVIEWS}/subjectaccessreviews`, { spec: { user: 'alice', resourceAttributes: { verb: 'list' } } }, alice),
  post('in the namespace', `${REVIEWS}/namespaces/rights/localsubjectaccessreviews`, {
    metadata: { namespace: 'rights' },
    spec: { user: 'alice', resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'rights' } },
  }),
  post('in another', `${REVIEWS}/namespaces/rights/localsubjectaccessreviews`, {
    metadata: { namespace: 'rights' },
    spec: { user: 'alice', resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'default' } },
  }),
  post(
    'a path in the namespace',
    `${REVIEWS}/namespaces/rights/localsubjectaccessreviews`,
    {
      spec: { user: 'alice', nonResourceAttributes: { verb: 'get', path: '/x' } },
    },
    {},
    { otherText: GO },
  ),
  post('rules without a namespace', `${REVIEWS}/selfsubjectrulesreviews`, { spec: {} }, alice),
  { ...get('reviews are not kept', `${REVIEWS}/selfsubjectaccessreviews`, {}), otherText: 'names the method' },

  post('she gives what she has not', ROLES, role('more', { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }), alice),
  post(
    'a role that lets write roles',
    ROLES,
    role('roles', {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['roles', 'rolebindings'],
      verbs: ['*'],
    }),
  ),
  post('for her', BINDINGS, binding('roles', 'Role', 'roles')),
  post('she gives what she has', ROLES, role('same', { apiGroups: [''], resources: ['pods'], verbs: ['get'] }), as('eve')),
  post('a role of hers', BINDINGS, binding('eve', 'Role', 'roles', { kind: 'User', name: 'eve' })),
  post('eve has rights on roles, which she may give by the verb bind', BINDINGS, binding('eve2', 'Role', 'reader'), as('eve')),
  ...['same'].flatMap((name): Step[] => [post('roles: all verbs but what they hold', ROLES, role(name, reads), as('eve'))]),
  post(
    'a role that lets write roles, by verb',
    ROLES,
    role('writers', {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['roles', 'rolebindings'],
      verbs: ['create', 'update', 'patch', 'get'],
    }),
  ),
  post('for mallory', BINDINGS, binding('mallory', 'Role', 'writers', { kind: 'User', name: 'mallory' })),
  post(
    'she writes what she holds',
    ROLES,
    role('held', {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['roles'],
      verbs: ['get', 'create'],
    }),
    as('mallory'),
  ),
  post(
    'and what she does not',
    ROLES,
    role('not-held', reads, { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['a', 'b'], verbs: ['*'] }),
    as('mallory'),
  ),
  post('all of it', ROLES, role('not-held', { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }), as('mallory', 'g1')),
  post('an empty one', ROLES, { metadata: { name: 'nothing' } }, as('mallory')),
  post(
    'invalid and more than held',
    ROLES,
    role('bad', { apiGroups: [''], resources: ['pods'], verbs: ['get'], nonResourceURLs: ['/x'] }),
    as('mallory'),
  ),
  { say: 'she adds to one', method: 'PATCH', path: `${ROLES}/held`, headers: { ...MERGE, ...as('mallory') }, body: { rules: [reads] } },
  {
    say: 'she labels one',
    method: 'PATCH',
    path: `${ROLES}/reader`,
    headers: { ...MERGE, ...as('mallory') },
    body: { metadata: { labels: { a: 'b' } } },
  },
  {
    say: 'she owns one',
    method: 'PATCH',
    path: `${ROLES}/reader`,
    headers: { ...MERGE, ...as('mallory') },
    body: { metadata: { finalizers: ['example.org/x'] } },
  },
  {
    say: 'and gives it free',
    method: 'PATCH',
    path: `${ROLES}/reader`,
    headers: { ...MERGE, ...as('mallory') },
    body: { metadata: { finalizers: null } },
  },
  post('she binds what she holds', BINDINGS, binding('held', 'Role', 'held'), as('mallory')),
  post('and what she does not', BINDINGS, binding('not-held', 'Role', 'reader'), as('mallory')),
  post('a cluster role', BINDINGS, binding('not-held', 'ClusterRole', 'cluster-admin'), as('mallory')),
  post('one that is missing', BINDINGS, binding('not-held', 'Role', 'none'), as('mallory')),
  post('a cluster role that is missing', BINDINGS, binding('not-held', 'ClusterRole', 'none'), as('mallory')),
  post(
    'the verbs bind and escalate',
    ROLES,
    role('beyond', {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['roles', 'clusterroles'],
      resourceNames: ['reader', 'rights-view'],
      verbs: ['bind', 'escalate'],
    }),
  ),
  post('for mallory', BINDINGS, binding('beyond', 'Role', 'beyond', { kind: 'User', name: 'mallory' })),
  post('now she binds', BINDINGS, binding('bound', 'ClusterRole', 'rights-view'), as('mallory')),
  post('not all', BINDINGS, binding('bound2', 'ClusterRole', 'rights-edit', { kind: 'User', name: 'x' }), as('mallory'), {
    otherText: 'a long list of rules',
  }),
  {
    say: 'and escalates',
    method: 'PATCH',
    path: `${ROLES}/reader`,
    headers: { ...MERGE, ...as('mallory') },
    body: { rules: [{ ...reads, verbs: ['*'] }] },
  },
  { ...post('a binding of nothing', BINDINGS, { metadata: { name: 'nil' } }, as('mallory')), otherCode: 'an error of its own' },
  post('a missing role bound', BINDINGS, binding('missing', 'Role', 'gone', { kind: 'User', name: 'carol' })),
  get('is told of', `${NAMESPACE}/secrets`, as('carol')),
  may('in reviews too', 'get', { resource: 'secrets', namespace: 'rights' }, as('carol')),

  post(
    'a role by names',
    ROLES,
    role('named', { apiGroups: [''], resources: ['secrets'], resourceNames: ['s1'], verbs: ['get', 'list', 'delete'] }),
  ),
  post('for dave', BINDINGS, binding('named', 'Role', 'named', { kind: 'User', name: 'dave' })),
  get('by its name', `${NAMESPACE}/secrets/s1`, as('dave')),
  get('not another', `${NAMESPACE}/secrets/s2`, as('dave')),
  get('not all', `${NAMESPACE}/secrets`, as('dave')),
  get('the list of one', `${NAMESPACE}/secrets?fieldSelector=metadata.name%3Ds1`, as('dave')),
  get('the list of another', `${NAMESPACE}/secrets?fieldSelector=metadata.name%3Ds2`, as('dave')),
  get('the list of all others', `${NAMESPACE}/secrets?fieldSelector=metadata.name%21%3Ds1`, as('dave')),
  { say: 'deletes', method: 'DELETE', path: `${NAMESPACE}/secrets/s1`, headers: as('dave') },

  post(
    'impersonation',
    CLUSTER_ROLES,
    role(
      'rights-impersonate',
      { apiGroups: [''], resources: ['users', 'groups'], resourceNames: ['frank', 'readers'], verbs: ['impersonate'] },
      { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
    ),
  ),
  post('a path for all who view', CLUSTER_ROLES, role('rights-paths', { nonResourceURLs: ['/metrics', '/logs/*'], verbs: ['get'] })),
  post('for grace', CLUSTER_BINDINGS, binding('rights-paths', 'ClusterRole', 'rights-paths', { kind: 'User', name: 'grace' })),
  get('beside it', '/logs', as('grace')),
  may('reviews of it', 'get', { resource: 'pods' }, as('grace')),
  ...[`${CLUSTER_BINDINGS}/rights-paths`, `${CLUSTER_ROLES}/rights-paths`, `${CLUSTER_ROLES}/rights-impersonate`, NAMESPACE].map(remove),
];

const n1 = as('system:node:n1', 'system:nodes');
const pod = {
  metadata: { name: 'p' },
  spec: {
    nodeName: 'n1',
    serviceAccountName: 'bot',
    automountServiceAccountToken: false,
    containers: [{ name: 'c', image: 'i', envFrom: [{ configMapRef: { name: 'env' } }, { secretRef: { name: 'env' } }] }],
    imagePullSecrets: [{ name: 'pull' }],
    volumes: [
      { name: 'a', configMap: { name: 'vol' } },
      { name: 'b', secret: { secretName: 'vol' } },
      { name: 'c', persistentVolumeClaim: { claimName: 'claim' } },
    ],
  },
};
const volume = (name: string, claim: string, secret: string) => ({
  metadata: { name },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    claimRef: { namespace: 'noderights', name: claim },
    csi: { driver: 'd.example.org', volumeHandle: 'h', nodePublishSecretRef: { namespace: 'noderights', name: secret } },
  },
});
const SPACE = '/api/v1/namespaces/noderights';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const ATTACHMENTS = '/apis/storage.k8s.io/v1/volumeattachments';
const write = (
  say: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = n1,
  rest: Partial<Step> = {},
): Step => ({
  ...rest,
  say,
  method,
  path,
  body,
  headers: { ...(method === 'PATCH' ? MERGE : {}), ...headers },
});

/** What nodes may see and do. */
export const NODE_RIGHTS_STEPS: readonly Step[] = [
  post('a namespace', '/api/v1/namespaces', { metadata: { name: 'noderights' } }),
  ...['env', 'vol', 'pull', 'other', 'pv', 'pv2'].flatMap((name) => [
    post('a configmap', `${SPACE}/configmaps`, { metadata: { name } }),
    post('a secret', `${SPACE}/secrets`, { metadata: { name } }),
  ]),
  post('an account', `${SPACE}/serviceaccounts`, { metadata: { name: 'bot' } }),
  post('another', `${SPACE}/serviceaccounts`, { metadata: { name: 'other' } }),
  post('a volume', '/api/v1/persistentvolumes', volume('pv', 'claim', 'pv')),
  post('another', '/api/v1/persistentvolumes', volume('pv2', 'other', 'pv2')),
  ...['claim', 'other'].map((name) =>
    post('a claim', `${SPACE}/persistentvolumeclaims`, {
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'x' },
    }),
  ),
  ...['n1', 'n2'].map((nodeName) =>
    post('an attachment', ATTACHMENTS, {
      metadata: { name: `at-${nodeName}` },
      spec: { attacher: 'd.example.org', nodeName, source: { persistentVolumeName: 'pv' } },
    }),
  ),
  get('before there is a pod', `${SPACE}/secrets/env`, n1),
  post('a pod', `${SPACE}/pods`, pod),
  ...['env', 'vol', 'pull', 'other', 'pv', 'pv2', 'none'].flatMap((name) => [
    get(`configmap ${name}`, `${SPACE}/configmaps/${name}`, n1),
    get(`secret ${name}`, `${SPACE}/secrets/${name}`, n1),
  ]),
  get('of another node', `${SPACE}/secrets/env`, as('system:node:n2', 'system:nodes')),
  get('of no node', `${SPACE}/secrets/env`, as('system:node:', 'system:nodes')),
  get('not in the group', `${SPACE}/secrets/env`, as('system:node:n1')),
  get('a list of one', `${SPACE}/secrets?fieldSelector=metadata.name%3Denv`, n1),
  get('a list of another', `${SPACE}/secrets?fieldSelector=metadata.name%3Dother`, n1),
  get('a list', `${SPACE}/secrets`, n1),
  get('all', '/api/v1/secrets', n1),
  write('an update', 'PUT', `${SPACE}/secrets/env`, {}),
  ...['claim', 'other'].map((name) => get(`claim ${name}`, `${SPACE}/persistentvolumeclaims/${name}`, n1)),
  get('claims', `${SPACE}/persistentvolumeclaims`, n1),
  write('of a claim its status', 'PATCH', `${SPACE}/persistentvolumeclaims/other/status`, {}),
  get('its status', `${SPACE}/persistentvolumeclaims/claim/status`, n1),
  write('how large it is', 'PATCH', `${SPACE}/persistentvolumeclaims/claim/status`, { status: { capacity: { storage: '2Gi' } } }),
  ...[
    { metadata: { labels: { a: 'b' } } },
    { metadata: { finalizers: ['example.org/x'] } },
    { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: 'x' }] } },
    { spec: { storageClassName: 'y' } },
    { status: { phase: 'Lost' } },
  ].map((body) =>
    write(`not ${JSON.stringify(body)}`, 'PATCH', `${SPACE}/persistentvolumeclaims/claim/status`, body, n1, { otherText: DIFFERENCE }),
  ),
  ...['pv', 'pv2'].map((name) => get(`volume ${name}`, `/api/v1/persistentvolumes/${name}`, n1)),
  get('volumes', '/api/v1/persistentvolumes', n1),
  ...['at-n1', 'at-n2', 'none'].map((name) => get(`attachment ${name}`, `${ATTACHMENTS}/${name}`, n1)),
  get('accounts', `${SPACE}/serviceaccounts/bot`, n1),
  write('a token of no account of its pods', 'POST', `${SPACE}/serviceaccounts/other/token`, { spec: { audiences: ['a'] } }),
  ...restrictionSteps(),
  get('leases of elsewhere', '/apis/coordination.k8s.io/v1/namespaces/default/leases/n1', n1),
  get('the lease of another', `${LEASES}/n2`, n1),
  get('leases', LEASES, n1),
  get('nodes', '/api/v1/nodes', n1),
  get('services', `${SPACE}/pods`, n1),
  get('configmaps of all', '/api/v1/configmaps', n1),
  get('devices', '/apis/rbac.authorization.k8s.io/v1/clusterroles', n1),
  write('to delete nodes', 'DELETE', '/api/v1/nodes/n1', undefined),
  ...['pv', 'pv2'].map((name) => remove(`/api/v1/persistentvolumes/${name}`)),
  ...['n1', 'n2'].map((name) => remove(`${ATTACHMENTS}/at-${name}`)),
  { ...remove(`${SPACE}/pods/p`), body: { gracePeriodSeconds: 0 } },
  get('after the pod', `${SPACE}/secrets/env`, n1),
  remove(SPACE),
];

/** NodeRestriction: what a node may write, of what it may write to. */
function restrictionSteps(): Step[] {
  const annotations = { 'kubernetes.io/config.mirror': 'x' };
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: '$UID', controller: true };
  const mirror = (metadata: object = {}, spec: object = {}) => ({
    metadata: { name: 'mirror', annotations, ownerReferences: [owner], ...metadata },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }], ...spec },
  });
  const labels = (say: string, value: Record<string, string | null>, path = '/api/v1/nodes/n1'): Step =>
    write(say, 'PATCH', path, { metadata: { labels: value } });
  const token = (say: string, boundObjectRef: object | undefined, rest: Partial<Step> = {}): Step =>
    write(
      say,
      'POST',
      `${SPACE}/serviceaccounts/bot/token`,
      { spec: { audiences: ['a'], ...(boundObjectRef && { boundObjectRef }) } },
      n1,
      rest,
    );
  const podSpec = {
    nodeName: 'n2',
    serviceAccountName: 'bot',
    automountServiceAccountToken: false,
    containers: [{ name: 'c', image: 'i' }],
  };
  const theirs = { metadata: { name: 'theirs' }, spec: podSpec };
  const lease = (name: string) => ({ metadata: { name }, spec: { holderIdentity: name, leaseDurationSeconds: 40 } });
  return [
    write('a node of another name', 'POST', '/api/v1/nodes', { metadata: { name: 'n2' } }),
    write('a label of its role', 'POST', '/api/v1/nodes', {
      metadata: {
        name: 'n1',
        labels: { 'node-role.kubernetes.io/master': '', 'node-restriction.kubernetes.io/x': 'y', 'example.org/a': 'b' },
      },
    }),
    write('itself', 'POST', '/api/v1/nodes', {
      metadata: { name: 'n1', labels: { 'kubernetes.io/hostname': 'n1', 'node.kubernetes.io/x': 'y', 'example.org/a': 'b' } },
      spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] },
    }),
    labels('a label', { 'example.org/a': 'c' }),
    labels('one of Kubernetes', { 'k8s.io/a': 'c', 'x.k8s.io/b': 'd' }),
    labels('one that is reserved', { 'a.node-restriction.kubernetes.io/a': 'c' }),
    labels('its zone', { 'topology.kubernetes.io/zone': 'z' }),
    labels('through its status', { 'k8s.io/a': 'c' }, '/api/v1/nodes/n1/status'),
    write('its taints', 'PATCH', '/api/v1/nodes/n1', { spec: { taints: [] } }),
    write('its status', 'PATCH', '/api/v1/nodes/n1/status', { status: { capacity: { cpu: '1' } } }),
    write('the status of another', 'PATCH', '/api/v1/nodes/n2/status', {}, as('system:node:n3', 'system:nodes')),
    post('another node', '/api/v1/nodes', { metadata: { name: 'n2' } }),
    write('which is not its own', 'PATCH', '/api/v1/nodes/n2', { metadata: { labels: { a: 'b' } } }),
    post('a pod there', `${SPACE}/pods`, theirs),
    get('the node again', '/api/v1/nodes/n1', {}),
    write('a pod that is none of its own', 'POST', `${SPACE}/pods`, mirror({ annotations: {} })),
    write('elsewhere', 'POST', `${SPACE}/pods`, mirror({}, { nodeName: 'n2' })),
    write('without an owner', 'POST', `${SPACE}/pods`, mirror({ ownerReferences: [] })),
    write('of another owner', 'POST', `${SPACE}/pods`, mirror({ ownerReferences: [{ ...owner, name: 'n2' }] })),
    write('of two', 'POST', `${SPACE}/pods`, mirror({ ownerReferences: [owner, { ...owner, uid: 'x', controller: false }] })),
    write('not controlled', 'POST', `${SPACE}/pods`, mirror({ ownerReferences: [{ ...owner, controller: false }] })),
    write('blocking', 'POST', `${SPACE}/pods`, mirror({ ownerReferences: [{ ...owner, blockOwnerDeletion: true }] })),
    write('of another uid', 'POST', `${SPACE}/pods`, mirror({ ownerReferences: [{ ...owner, uid: 'x' }] }), n1, RANDOM),
    get('the node once more', '/api/v1/nodes/n1', {}),
    write('with an account', 'POST', `${SPACE}/pods`, mirror({}, { serviceAccountName: 'bot' })),
    write('with a secret', 'POST', `${SPACE}/pods`, mirror({}, { imagePullSecrets: [{ name: 's' }] })),
    write('with a configmap', 'POST', `${SPACE}/pods`, mirror({}, { volumes: [{ name: 'a', configMap: { name: 'c' } }] })),
    write('with a claim', 'POST', `${SPACE}/pods`, mirror({}, { volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'c' } }] })),
    write(
      'with a token',
      'POST',
      `${SPACE}/pods`,
      mirror(
        {},
        {
          volumes: [{ name: 'a', projected: { sources: [{ configMap: { name: 'c' } }] } }],
        },
      ),
    ),
    write('its own', 'POST', `${SPACE}/pods`, mirror()),
    write('its status', 'PATCH', `${SPACE}/pods/p/status`, { status: { phase: 'Running' } }),
    write('with a label', 'PATCH', `${SPACE}/pods/p/status`, { metadata: { labels: { a: 'b' } } }),
    write('that of another', 'PATCH', `${SPACE}/pods/theirs/status`, { status: { phase: 'Running' } }),
    write('the pod itself', 'PATCH', `${SPACE}/pods/p`, { metadata: { labels: { a: 'b' } } }),
    ...['theirs', 'none'].map((name) =>
      write('evicts that of another', 'POST', `${SPACE}/pods/${name}/eviction`, {
        apiVersion: 'policy/v1beta1',
        kind: 'Eviction',
        metadata: { name },
      }),
    ),
    write('deletes that of another', 'DELETE', `${SPACE}/pods/theirs`, undefined),
    write('and its own', 'DELETE', `${SPACE}/pods/mirror`, { gracePeriodSeconds: 0 }),
    get('the pod', `${SPACE}/pods/p`, {}),
    token('a token', { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: '$UID' }),
    token('bound to nothing', undefined),
    token('bound to a secret', { kind: 'Secret', apiVersion: 'v1', name: 'env', uid: 'x' }),
    token('bound to a pod without a uid', { kind: 'Pod', apiVersion: 'v1', name: 'p' }),
    token('to one that is gone', { kind: 'Pod', apiVersion: 'v1', name: 'none', uid: 'x' }),
    token('to another', { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'x' }, RANDOM),
    get('the pod of another node', `${SPACE}/pods/theirs`, {}),
    token('to the pod of another node', { kind: 'Pod', apiVersion: 'v1', name: 'theirs', uid: '$UID' }),
    write('a lease of another', 'POST', LEASES, lease('n2')),
    write('its own', 'POST', LEASES, lease('n1')),
    write('again', 'PATCH', `${LEASES}/n1`, { spec: { holderIdentity: 'n1x' } }),
    { ...remove(`${SPACE}/pods/theirs`), body: { gracePeriodSeconds: 0 } },
    ...['/api/v1/nodes/n2', '/api/v1/nodes/n1'].map(remove),
  ];
}
