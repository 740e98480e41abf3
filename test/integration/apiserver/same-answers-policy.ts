import type { Step } from './same-answers.ts';

const P = '/apis/policy/v1/namespaces/policy/poddisruptionbudgets';
const C = '/apis/scheduling.k8s.io/v1/priorityclasses';
const PODS = '/api/v1/namespaces/policy/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const pdb = (name: string, spec: object = {}) => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec: { selector: { matchLabels: { app: 'a' } }, ...spec },
});
const pc = (name: string, rest: object = {}) => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  ...rest,
});
const pod = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'x' }], ...spec } });
const post = (say: string, path: string, body: object) => ({ say, method: 'POST', path, body });
const put = (say: string, path: string, body: { metadata: { name: string } }) => ({
  say,
  method: 'PUT',
  path: `${path}/${body.metadata.name}`,
  body,
});
const patch = (say: string, path: string, body: object) => ({ say, method: 'PATCH', path, body, headers: MERGE });
const pool = 'middle';
/** A step whose answers differ in their words, or on purpose. */
const but = (step: Step, reason: Pick<Step, 'otherText' | 'differs'>): Step => ({ ...step, ...reason });

/** What both API servers are asked about priorities and disruption budgets, in this order. */
export const POLICY_STEPS: readonly Step[] = [
  { say: 'the namespace', method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'policy' } } },
  post('pdb', P, pdb('p1', { minAvailable: 1 })),
  post('pdb percent', P, pdb('p2', { maxUnavailable: '50%' })),
  post('pdb none', P, pdb('p3')),
  post('pdb with status', P, { ...pdb('p4', { minAvailable: 2 }), status: { disruptionsAllowed: 5 } }),
  post('pdb empty', P, { metadata: { name: 'p5' } }),
  but(post('pdb both', P, pdb('x', { minAvailable: 1, maxUnavailable: 1 })), { otherText: 'a structure of Go' }),
  post('pdb negative', P, pdb('x', { minAvailable: -1 })),
  post('pdb bad percent', P, pdb('x', { maxUnavailable: 'x' })),
  post('pdb over', P, pdb('x', { maxUnavailable: '101%' })),
  post('pdb bad selector', P, pdb('x', { selector: { matchLabels: { a: 'b c' } } })),
  post('pdb bad name', P, pdb('X_')),
  put('pdb update', P, pdb('p1', { minAvailable: 2 })),
  patch('pdb merge', `${P}/p1`, { spec: { minAvailable: 3 } }),
  patch('pdb status', `${P}/p1/status`, {
    spec: { minAvailable: 5 },
    status: { disruptionsAllowed: 1, currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, observedGeneration: 2 },
  }),
  but(
    patch('pdb bad status', `${P}/p1/status`, {
      status: { disruptionsAllowed: -1, currentHealthy: -3, desiredHealthy: -2, expectedPods: -3 },
    }),
    { differs: '1.20 checks no status here, later servers do' },
  ),
  { say: 'classes', method: 'GET', path: `${C}/system-node-critical` },
  { say: 'classes', method: 'GET', path: `${C}/system-cluster-critical` },
  post('class', C, pc(pool, { value: 10, description: 'x' })),
  post('class never', C, pc(`${pool}n`, { value: 20, preemptionPolicy: 'Never' })),
  post('class default', C, pc(`${pool}d`, { value: 30, globalDefault: true })),
  post('class second default', C, pc(`${pool}e`, { value: 40, globalDefault: true })),
  post('class too high', C, pc('x', { value: 1000000001 })),
  post('class system', C, pc('system-foo', { value: 5 })),
  post('class system again', C, pc('system-node-critical', { value: 5 })),
  post('class bad preemption', C, pc('x', { value: 1, preemptionPolicy: 'Sometimes' })),
  post('class bad name', C, pc('X_', { value: 1 })),
  put('class value', C, pc(pool, { value: 11 })),
  put('class description', C, pc(pool, { value: 10, description: 'y' })),
  put('class preemption', C, pc(pool, { value: 10, preemptionPolicy: 'Never' })),
  patch('system description', `${C}/system-node-critical`, { value: 4 }),
  post('pod without class', PODS, pod('d1')),
  post('pod with class', PODS, pod('d2', { priorityClassName: `${pool}n`, serviceAccountName: 'default' })),
  post('pod with system class', PODS, pod('d3', { priorityClassName: 'system-cluster-critical' })),
  post('pod with no class', PODS, pod('x', { priorityClassName: 'missing' })),
  post('pod with a priority', PODS, pod('x', { priority: 5 })),
  post('pod with that priority', PODS, pod('d4', { priority: 30 })),
  post('pod with a policy', PODS, pod('x', { preemptionPolicy: 'Never' })),
  put('pod resubmitted', PODS, pod('d2', { priorityClassName: `${pool}n`, serviceAccountName: 'default' })),
  but(put('pod other class', PODS, pod('d2', { priorityClassName: pool })), { otherText: 'what differs, in the words of Go' }),
  ...[pool, `${pool}n`, `${pool}d`, `${pool}e`].map((n) => ({ say: 'del', method: 'DELETE', path: `${C}/${n}` })),
  post('pod without default', PODS, pod('d5')),
];
