import type { KubeObject } from '../../../src/protocol/kubernetes.ts';
import type { Step } from './same-answers.ts';

const APPS = '/apis/apps/v1/namespaces/workloads';
const labels = { app: 'a' };
const template = (spec: object = {}, metadata: object = { labels }) => ({
  metadata,
  spec: { containers: [{ name: 'c', image: 'busybox:1' }], ...spec },
});
const of =
  (kind: string) =>
  (name: string, spec: object = {}, metadata: object = {}) => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, ...metadata },
    spec: { selector: { matchLabels: labels }, template: template(), ...spec },
  });
const deployment = of('Deployment'),
  rs = of('ReplicaSet'),
  ds = of('DaemonSet');
const post = (say: string, plural: string, body: object) => ({ say, method: 'POST', path: `${APPS}/${plural}`, body });
const put = (say: string, plural: string, body: KubeObject & Readonly<Record<string, unknown>>) => ({
  say,
  method: 'PUT',
  path: `${APPS}/${plural}/${body.metadata.name}`,
  body,
});
const MERGE = { 'content-type': 'application/merge-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const patch = (say: string, path: string, body: object, headers = MERGE) => ({
  say,
  method: 'PATCH',
  path: `${APPS}/${path}`,
  body,
  headers,
});
const rich = template({
  initContainers: [{ name: 'i', image: 'x', env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }],
  containers: [
    {
      name: 'c',
      image: 'y',
      ports: [{ containerPort: 80 }],
      resources: { limits: { cpu: '1' } },
      livenessProbe: { httpGet: { port: 80 } },
      readinessProbe: { tcpSocket: { port: 80 } },
      lifecycle: { preStop: { httpGet: { port: 1 } } },
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
    },
  ],
  volumes: [
    { name: 'v' },
    { name: 's', secret: { secretName: 's' } },
    { name: 'c', configMap: { name: 'c' } },
    { name: 'h', hostPath: { path: '/' } },
    { name: 'p', projected: { sources: [{ serviceAccountToken: { path: 'x' } }] } },
    { name: 'd', downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: 'metadata.labels' } }] } },
  ],
  serviceAccountName: 'sa',
  hostNetwork: true,
  tolerations: [{ operator: 'Exists' }],
});
/** A step whose answers differ in their words, or on purpose. */
/** Since 1.21 a DaemonSet may have a pod too many in place of one too few. */
const SURGE = 'maxSurge is named';
const but = (step: Step, reason: Pick<Step, 'otherText' | 'differs'>): Step => ({ ...step, ...reason });

/** What both API servers are asked about Deployments, ReplicaSets, DaemonSets and revisions, in this order. */
export const WORKLOAD_STEPS: readonly Step[] = [
  { say: 'the namespace', method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'workloads' } } },
  post('deployment', 'deployments', deployment('d1')),
  post(
    'rich',
    'deployments',
    deployment('d2', {
      template: rich,
      replicas: 3,
      minReadySeconds: 5,
      paused: true,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
    }),
  ),
  post('recreate', 'deployments', deployment('d3', { strategy: { type: 'Recreate' }, replicas: 0, revisionHistoryLimit: 0 })),
  post('with status', 'deployments', { ...deployment('d4'), status: { replicas: 4, conditions: [] } }),
  but(post('generateName', 'deployments', { ...deployment(''), metadata: { generateName: 'Bad_' } }), { otherText: 'the name is random' }),
  post('no spec', 'deployments', { metadata: { name: 'x' } }),
  post('empty spec', 'deployments', { metadata: { name: 'x' }, spec: {} }),
  post('no selector', 'deployments', deployment('x', { selector: null })),
  post('empty selector', 'deployments', deployment('x', { selector: {} })),
  post('bad selector', 'deployments', deployment('x', { selector: { matchExpressions: [{ key: 'app', operator: 'Is' }] } })),
  post('selector without values', 'deployments', deployment('x', { selector: { matchExpressions: [{ key: 'app', operator: 'In' }] } })),
  post(
    'selector Exists with values',
    'deployments',
    deployment('x', { selector: { matchExpressions: [{ key: 'app', operator: 'Exists', values: ['x'] }] } }),
  ),
  post('selector bad key', 'deployments', deployment('x', { selector: { matchExpressions: [{ key: 'a b', operator: 'Exists' }] } })),
  post('selector bad label', 'deployments', deployment('x', { selector: { matchLabels: { app: 'a b' } } })),
  post(
    'selector expression good',
    'deployments',
    deployment('d5', { selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] } }),
  ),
  post('other labels', 'deployments', deployment('x', { template: template({}, { labels: { app: 'b' } }) })),
  post('no labels', 'deployments', deployment('x', { template: template({}, {}) })),
  post('bad template label', 'deployments', deployment('x', { template: template({}, { labels: { app: 'a', x: 'y z' } }) })),
  post('bad template annotation', 'deployments', deployment('x', { template: template({}, { labels, annotations: { 'x y': 'y z' } }) })),
  post('no containers', 'deployments', deployment('x', { template: template({ containers: [] }) })),
  post(
    'template bad port',
    'deployments',
    deployment('x', { template: template({ containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 0 }] }] }) }),
  ),
  post('template bad name', 'deployments', deployment('x', { template: template({ containers: [{ name: 'C', image: ' i' }] }) })),
  post('template bad account', 'deployments', deployment('x', { template: template({ serviceAccountName: 'A_' }) })),
  post('template restartPolicy', 'deployments', deployment('x', { template: template({ restartPolicy: 'Never' }) })),
  post('template bad restartPolicy', 'deployments', deployment('x', { template: template({ restartPolicy: 'Nope' }) })),
  post('template deadline', 'deployments', deployment('x', { template: template({ activeDeadlineSeconds: 5 }) })),
  post('negative replicas', 'deployments', deployment('x', { replicas: -1 })),
  post('negative rest', 'deployments', deployment('x', { minReadySeconds: -1, revisionHistoryLimit: -2, progressDeadlineSeconds: -3 })),
  post('deadline too early', 'deployments', deployment('x', { minReadySeconds: 600 })),
  post('bad strategy', 'deployments', deployment('x', { strategy: { type: 'Foo' } })),
  post('recreate with rolling', 'deployments', deployment('x', { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } })),
  post('both zero', 'deployments', deployment('x', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } })),
  post('both zero percent', 'deployments', deployment('x', { strategy: { rollingUpdate: { maxSurge: '0%', maxUnavailable: '0%' } } })),
  post('bad percent', 'deployments', deployment('x', { strategy: { rollingUpdate: { maxSurge: 'a', maxUnavailable: '5' } } })),
  post('over percent', 'deployments', deployment('x', { strategy: { rollingUpdate: { maxUnavailable: '101%' } } })),
  post('negative rolling', 'deployments', deployment('x', { strategy: { rollingUpdate: { maxSurge: -1, maxUnavailable: -2 } } })),
  post('bad name', 'deployments', deployment('X_')),
  post('all bad', 'deployments', deployment('X_', { replicas: -1, selector: { matchLabels: { app: 'b b' } }, strategy: { type: 'x' } })),
  put('update unchanged', 'deployments', deployment('d1')),
  put('update replicas', 'deployments', deployment('d1', { replicas: 2 })),
  put('update annotation', 'deployments', deployment('d1', { replicas: 2 }, { annotations: { a: 'b' } })),
  put('update label', 'deployments', deployment('d1', { replicas: 2 }, { annotations: { a: 'b' }, labels: { x: 'y' } })),
  put(
    'update selector',
    'deployments',
    deployment('d1', { selector: { matchLabels: { app: 'b' } }, template: template({}, { labels: { app: 'b' } }) }),
  ),
  put('update status ignored', 'deployments', {
    ...deployment('d1', { replicas: 2 }, { annotations: { a: 'b' }, labels: { x: 'y' } }),
    status: { replicas: 9 },
  }),
  patch('status', 'deployments/d1/status', {
    spec: { replicas: 7 },
    status: { replicas: 2, readyReplicas: 1, conditions: [{ type: 'Available', status: 'True' }] },
    metadata: { labels: { z: 'z' }, annotations: { q: 'r' } },
  }),
  patch('bad status', 'deployments/d1/status', { status: { replicas: -2, readyReplicas: 1, availableReplicas: 5 } }),
  patch(
    'strategic template',
    'deployments/d1',
    {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'c', image: 'other' },
              { name: 'n', image: 'new' },
            ],
          },
        },
      },
    },
    STRATEGIC,
  ),
  patch('strategy to recreate', 'deployments/d1', { spec: { strategy: { type: 'Recreate' } } }, STRATEGIC),
  patch(
    'strategy to recreate with retainKeys',
    'deployments/d1',
    { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
    STRATEGIC,
  ),
  { say: 'list', method: 'GET', path: `${APPS}/deployments?fieldSelector=metadata.name%3Dd1` },
  { say: 'list field', method: 'GET', path: `${APPS}/deployments?fieldSelector=status.replicas%3D1` },
  { say: 'list rs field', method: 'GET', path: `${APPS}/replicasets?fieldSelector=status.replicas%3D0` },
  post('rs', 'replicasets', rs('r1')),
  post('rs rich', 'replicasets', rs('r2', { template: rich })),
  post('rs empty', 'replicasets', { metadata: { name: 'x' } }),
  post('rs empty selector', 'replicasets', rs('x', { selector: {} })),
  post('rs negative', 'replicasets', rs('x', { replicas: -1, minReadySeconds: -1 })),
  post('rs other labels', 'replicasets', rs('x', { template: template({}, { labels: { app: 'b' } }) })),
  post('rs bad selector', 'replicasets', rs('x', { selector: { matchLabels: { app: 'b b' } } })),
  post('rs deadline', 'replicasets', rs('x', { template: template({ activeDeadlineSeconds: 1, restartPolicy: 'Never' }) })),
  put('rs update', 'replicasets', rs('r1', { replicas: 4 })),
  put('rs selector', 'replicasets', rs('r1', { selector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } })),
  patch('rs status', 'replicasets/r1/status', { status: { replicas: 4, fullyLabeledReplicas: 4, readyReplicas: 3 } }),
  patch('rs bad status', 'replicasets/r1/status', {
    status: { replicas: 1, fullyLabeledReplicas: 4, readyReplicas: -3, availableReplicas: 2 },
  }),
  post('ds', 'daemonsets', ds('e1')),
  post('ds rich', 'daemonsets', ds('e2', { template: rich, updateStrategy: { type: 'OnDelete' } })),
  post('ds percent', 'daemonsets', ds('e3', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '50%' } } })),
  post('ds none', 'daemonsets', { metadata: { name: 'x' } }),
  post('ds no selector', 'daemonsets', ds('x', { selector: null })),
  post('ds empty selector', 'daemonsets', ds('x', { selector: {} })),
  but(post('ds zero', 'daemonsets', ds('x', { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } })), { otherText: SURGE }),
  but(post('ds bad percent', 'daemonsets', ds('x', { updateStrategy: { rollingUpdate: { maxUnavailable: 'x' } } })), { otherText: SURGE }),
  post('ds over', 'daemonsets', ds('x', { updateStrategy: { rollingUpdate: { maxUnavailable: '200%' } } })),
  post('ds strategy', 'daemonsets', ds('x', { updateStrategy: { type: 'Foo' } })),
  post('ds negative', 'daemonsets', ds('x', { minReadySeconds: -1, revisionHistoryLimit: -1 })),
  post('ds policy', 'daemonsets', ds('x', { template: template({ restartPolicy: 'OnFailure', activeDeadlineSeconds: 3 }) })),
  put('ds update', 'daemonsets', ds('e1', { template: template({ hostNetwork: true }) })),
  put('ds update min', 'daemonsets', ds('e1', { template: template({ hostNetwork: true }), minReadySeconds: 4 })),
  put('ds selector', 'daemonsets', ds('e1', { selector: { matchLabels: { app: 'b' } }, template: template({}, { labels: { app: 'b' } }) })),
  patch('ds status', 'daemonsets/e1/status', {
    status: { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 2, numberReady: 1, observedGeneration: 3 },
  }),
  patch('ds bad status', 'daemonsets/e1/status', {
    status: { currentNumberScheduled: -1, numberMisscheduled: -1, desiredNumberScheduled: -2, numberReady: -1 },
  }),
  post('cr', 'controllerrevisions', { metadata: { name: 'c1' }, revision: 1, data: { spec: { a: 1 } } }),
  post('cr no data', 'controllerrevisions', { metadata: { name: 'x' }, revision: 1 }),
  post('cr negative', 'controllerrevisions', { metadata: { name: 'x' }, revision: -1, data: {} }),
  put('cr revision', 'controllerrevisions', { metadata: { name: 'c1' }, revision: 2, data: { spec: { a: 1 } } }),
  but(put('cr data', 'controllerrevisions', { metadata: { name: 'c1' }, revision: 2, data: { spec: { a: 2 } } }), {
    otherText: 'a structure of Go',
  }),
  { say: 'delete', method: 'DELETE', path: `${APPS}/deployments/d1` },
  { say: 'delete foreground', method: 'DELETE', path: `${APPS}/deployments/d2`, body: {} },
];
