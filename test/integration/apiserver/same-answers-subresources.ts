import type { Step } from './same-answers.ts';

const NSP = '/api/v1/namespaces/subresources';
const APPS = '/apis/apps/v1/namespaces/subresources';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const JSONP = { 'content-type': 'application/json-patch+json' };
const labels = { app: 'a' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x:1' }] } };
const workload = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { selector: { matchLabels: labels }, template, ...spec },
});
const pod = (name: string, spec: object = {}, l: object = labels) => ({
  metadata: { name, labels: l },
  spec: { containers: [{ name: 'c', image: 'x:1' }], ...spec },
});
const step = (say: string, method: string, path: string, body?: object, headers?: Record<string, string>): Step => ({
  say,
  method,
  path,
  ...(body && { body }),
  ...(headers && { headers }),
});
const scale = (name: string, replicas: number, rest: object = {}) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name, namespace: 'subresources', ...rest },
  spec: { replicas },
});
const binding = (name: string, target: object = { kind: 'Node', name: 'n1' }, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name, ...rest },
  target,
});
const PDB = '/apis/policy/v1/namespaces/subresources/poddisruptionbudgets';
const eviction = (say: string, name: string, rest: object = {}, on = name): Step =>
  step(say, 'POST', `${NSP}/pods/${on}/eviction`, { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name }, ...rest });
const budget = (name: string, status: object) => [
  step(`budget ${name}`, 'POST', PDB, { metadata: { name }, spec: { minAvailable: 1, selector: { matchLabels: { pdb: name } } } }),
  step(`status ${name}`, 'PATCH', `${PDB}/${name}/status`, { status }, MERGE),
];
const crd = {
  metadata: { name: 'flocks.example.org' },
  spec: {
    group: 'example.org',
    scope: 'Namespaced',
    names: { plural: 'flocks', singular: 'flock', kind: 'Flock', listKind: 'FlockList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size', labelSelectorPath: '.status.sel' },
        },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { size: { type: 'integer' } } },
              status: { type: 'object', properties: { size: { type: 'integer' }, sel: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
};
const FL = '/apis/example.org/v1/namespaces/subresources/flocks';

const METHOD = 'newer API servers name the method';
const AGGREGATE = 'it is no Status there, but 500';
const NODE = 'there, the missing Node is called a pod';
const UIDS = 'newer API servers look at the uid';

/** A step whose answers differ in their words, or on purpose. */
const but = (step: Step, reason: Pick<Step, 'otherText' | 'differs'>): Step => ({ ...step, ...reason });

/** What both API servers are asked about scale, bindings, evictions and what nodes answer, in this order. */
export const SUBRESOURCE_STEPS: readonly Step[] = [
  { say: 'the namespace', method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'subresources' } } },
  step('d', 'POST', `${APPS}/deployments`, workload('d', { replicas: 3 })),
  step(
    'r',
    'POST',
    `${APPS}/replicasets`,
    workload('r', {
      selector: {
        matchExpressions: [
          { key: 'app', operator: 'In', values: ['b', 'a'] },
          { key: 'x', operator: 'DoesNotExist' },
        ],
      },
    }),
  ),
  step('e', 'POST', `${APPS}/daemonsets`, workload('e')),
  step('get scale', 'GET', `${APPS}/deployments/d/scale`),
  step('get scale rs', 'GET', `${APPS}/replicasets/r/scale`),
  step('get scale ds', 'GET', `${APPS}/daemonsets/e/scale`),
  step('get scale missing', 'GET', `${APPS}/deployments/z/scale`),
  step('put scale', 'PUT', `${APPS}/deployments/d/scale`, scale('d', 5)),
  step('put scale old', 'PUT', `${APPS}/deployments/d/scale`, scale('d', 6, { resourceVersion: '1' })),
  but(step('put scale uid', 'PUT', `${APPS}/deployments/d/scale`, scale('d', 6, { uid: 'x' })), { otherText: 'etcd shows through' }),
  step('put scale name', 'PUT', `${APPS}/deployments/d/scale`, scale('z', 6)),
  step('put scale negative', 'PUT', `${APPS}/deployments/d/scale`, scale('d', -6)),
  step('put scale missing', 'PUT', `${APPS}/deployments/z/scale`, scale('z', 6)),
  step('patch scale', 'PATCH', `${APPS}/deployments/d/scale`, { spec: { replicas: 7 } }, MERGE),
  step('patch scale json', 'PATCH', `${APPS}/replicasets/r/scale`, [{ op: 'replace', path: '/spec/replicas', value: 2 }], JSONP),
  step('patch scale negative', 'PATCH', `${APPS}/deployments/d/scale`, { spec: { replicas: -7 } }, MERGE),
  step('scaled', 'GET', `${APPS}/deployments/d`),
  but(step('delete scale', 'DELETE', `${APPS}/deployments/d/scale`), { otherText: METHOD }),
  but(step('post scale', 'POST', `${APPS}/deployments/d/scale`, scale('d', 1)), { otherText: METHOD }),
  but(step('crd', 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd), {
    otherText: 'there, its names are accepted a moment later',
  }),
  step('flock', 'POST', FL, { apiVersion: 'example.org/v1', kind: 'Flock', metadata: { name: 'f' }, spec: { size: 4 } }),
  step('flock none', 'POST', FL, { apiVersion: 'example.org/v1', kind: 'Flock', metadata: { name: 'g' } }),
  step('flock status', 'PATCH', `${FL}/f/status`, { status: { size: 2, sel: 'a=b' } }, MERGE),
  step('flock scale', 'GET', `${FL}/f/scale`),
  step('flock scale none', 'GET', `${FL}/g/scale`),
  step('flock put', 'PUT', `${FL}/f/scale`, scale('f', 9)),
  step('flock put none', 'PUT', `${FL}/g/scale`, scale('g', 9)),
  step('flock patch', 'PATCH', `${FL}/f/scale`, { spec: { replicas: 8 } }, MERGE),
  step('flock negative', 'PATCH', `${FL}/f/scale`, { spec: { replicas: -8 } }, MERGE),
  step('flock now', 'GET', `${FL}/f`),
  // binding
  ...['p1', 'p2', 'p3', 'p4'].map((n) => step(n, 'POST', `${NSP}/pods`, pod(n))),
  step('bind', 'POST', `${NSP}/pods/p1/binding`, binding('p1', undefined, { annotations: { a: 'b' } })),
  step('bound', 'GET', `${NSP}/pods/p1`),
  step('bind again', 'POST', `${NSP}/pods/p1/binding`, binding('p1')),
  step('bind missing', 'POST', `${NSP}/pods/zz/binding`, binding('zz')),
  step('bind other name', 'POST', `${NSP}/pods/p2/binding`, binding('p3')),
  but(step('bind to a Pod', 'POST', `${NSP}/pods/p2/binding`, binding('p2', { kind: 'Pod', name: 'n' })), { differs: AGGREGATE }),
  but(step('bind nowhere', 'POST', `${NSP}/pods/p2/binding`, binding('p2', { kind: 'Node' })), { differs: AGGREGATE }),
  step('a pod', 'POST', `${NSP}/pods`, pod('of-uid')),
  but(step('bind another of its name', 'POST', `${NSP}/pods/of-uid/binding`, binding('of-uid', undefined, { uid: 'x' })), {
    differs: UIDS,
  }),
  step('bind dry', 'POST', `${NSP}/pods/p2/binding?dryRun=All`, binding('p2')),
  step('not bound', 'GET', `${NSP}/pods/p2`),
  step('bindings', 'POST', `${NSP}/bindings`, binding('p3')),
  step('bindings bound', 'GET', `${NSP}/pods/p3`),
  step('bindings missing', 'POST', `${NSP}/bindings`, binding('zz')),
  but(step('get bindings', 'GET', `${NSP}/bindings`), { otherText: METHOD }),
  but(step('get binding', 'GET', `${NSP}/pods/p1/binding`), { otherText: METHOD }),
  // eviction
  eviction('evict unbound', 'p2'),
  step('evicted', 'GET', `${NSP}/pods/p2`),
  eviction('evict missing', 'zz'),
  eviction('evict other name', 'p1', {}, 'p3'),
  eviction('evict bound', 'p1'),
  step('evicted bound', 'GET', `${NSP}/pods/p1`),
  eviction('evict dry', 'p4', { deleteOptions: { dryRun: ['All'] } }),
  but(eviction('evict uid', 'p4', { deleteOptions: { preconditions: { uid: 'x' } } }), { otherText: 'the uid is random' }),
  step('still', 'GET', `${NSP}/pods/p4`),
  ...budget('full', { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, observedGeneration: 1 }),
  ...budget('room', { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2, observedGeneration: 1 }),
  step('budget new', 'POST', PDB, { metadata: { name: 'new' }, spec: { minAvailable: 1, selector: { matchLabels: { pdb: 'new' } } } }),
  ...budget('twice', { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2, observedGeneration: 1 }),
  step('budget twice 2', 'POST', PDB, {
    metadata: { name: 'twice2' },
    spec: { minAvailable: 1, selector: { matchLabels: { pdb: 'twice' } } },
  }),
  ...['full', 'room', 'new', 'twice'].flatMap((n) => [
    step(`pod ${n}`, 'POST', `${NSP}/pods`, pod(`q-${n}`, { nodeName: 'n1', terminationGracePeriodSeconds: 0 }, { pdb: n })),
    eviction(`evict pending ${n}`, `q-${n}`, { deleteOptions: { dryRun: ['All'] } }),
    step(
      `running ${n}`,
      'PATCH',
      `${NSP}/pods/q-${n}/status`,
      { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
      MERGE,
    ),
    n === 'twice' ? but(eviction(`evict ${n}`, `q-${n}`), { differs: 'a bare Status of 500 there' }) : eviction(`evict ${n}`, `q-${n}`),
    step(`after ${n}`, 'GET', `${NSP}/pods/q-${n}`),
    step(`budget after ${n}`, 'GET', `${PDB}/${n}`),
  ]),
  // node requests
  step('two', 'POST', `${NSP}/pods`, {
    metadata: { name: 'two' },
    spec: {
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x' },
      ],
      initContainers: [{ name: 'i', image: 'x' }],
    },
  }),
  step('two 2', 'POST', `${NSP}/pods`, {
    metadata: { name: 'two2' },
    spec: {
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x' },
      ],
    },
  }),
  step('log missing', 'GET', `${NSP}/pods/zz/log`),
  step('log no host', 'GET', `${NSP}/pods/p4/log`),
  but(step('log no node', 'GET', `${NSP}/pods/p3/log`), { otherText: NODE }),
  step('log which', 'GET', `${NSP}/pods/two/log`),
  step('log which 2', 'GET', `${NSP}/pods/two2/log`),
  step('log this', 'GET', `${NSP}/pods/two/log?container=i`),
  step('log other', 'GET', `${NSP}/pods/two/log?container=z`),
  step('exec no host', 'POST', `${NSP}/pods/p4/exec?command=x&stdout=true`),
  but(step('exec no node', 'POST', `${NSP}/pods/p3/exec?command=x&stdout=true`), { otherText: NODE }),
  step('exec which', 'POST', `${NSP}/pods/two/exec?command=x&stdout=true`),
  but(step('attach no node', 'POST', `${NSP}/pods/p3/attach?stdout=true`), { otherText: NODE }),
  but(step('forward no node', 'POST', `${NSP}/pods/p3/portforward`), { otherText: NODE }),
  step('forward no host', 'POST', `${NSP}/pods/p4/portforward`),
  but(step('log put', 'PUT', `${NSP}/pods/p4/log`, {}), { otherText: METHOD }),
  but(step('crd gone', 'DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/flocks.example.org'), {
    otherText: 'the words of a newer server',
  }),
];
