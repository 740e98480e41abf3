import { given, topic } from './kubectl-step.ts';

const MANIFESTS = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {nodeSelector: {disk: ssd}, containers: [{name: agent, image: "agent:1"}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: set}
spec:
  replicas: 2
  selector: {matchExpressions: [{key: app, operator: In, values: [set]}]}
  template:
    metadata: {labels: {app: set}}
    spec: {containers: [{name: a, image: "a:1"}, {name: b, image: "b:1"}]}
---
apiVersion: apps/v1
kind: ControllerRevision
metadata: {name: agent-1, labels: {app: agent}}
revision: 1
data: {spec: {template: {spec: {containers: []}}}}
`;
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'full', labels: { app: 'full' }, annotations: { note: 'x' } },
  spec: {
    nodeName: 'nowhere',
    terminationGracePeriodSeconds: 3000,
    initContainers: [{ name: 'init', image: 'busybox:1', command: ['true'] }],
    containers: [
      {
        name: 'main',
        image: 'nginx:1',
        args: ['-v'],
        ports: [{ containerPort: 80, name: 'http' }],
        env: [
          { name: 'PLAIN', value: 'x' },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'KEY', valueFrom: { secretKeyRef: { name: 'door', key: 'key', optional: true } } },
        ],
        envFrom: [{ configMapRef: { name: 'settings' } }],
        resources: { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '0.1' } },
        readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
        livenessProbe: { exec: { command: ['true'] }, periodSeconds: 3 },
        volumeMounts: [{ name: 'data', mountPath: '/data', readOnly: true }],
      },
      { name: 'side', image: 'busybox:1' },
    ],
    volumes: [
      { name: 'data', emptyDir: {} },
      { name: 'config', configMap: { name: 'settings' } },
      { name: 'secret', secret: { secretName: 'door', optional: true } },
      { name: 'host', hostPath: { path: '/var/log' } },
      { name: 'claim', persistentVolumeClaim: { claimName: 'disk' } },
    ],
    tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }],
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
  },
};
const RUNNING = {
  status: {
    phase: 'Running',
    podIP: '10.1.2.3',
    hostIP: '192.0.2.1',
    conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
    containerStatuses: [
      { name: 'main', ready: true, restartCount: 2, image: 'nginx:1', imageID: 'x', state: { running: {} } },
      { name: 'side', ready: false, restartCount: 1, image: 'busybox:1', imageID: 'y', state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ],
  },
};

/** Pods, what makes them, and what is asked of nodes. */
export const WORKLOADS = topic('pods and what runs them', 'work', [
  'create deployment web --image=nginx:1 --replicas=2 --port=80',
  'get deploy web -o wide',
  'get deploy web -o yaml',
  'describe deployment web',
  'scale deployment web --replicas=5',
  'scale deployment web --replicas=6 --current-replicas=5',
  'scale deployment web --replicas=7 --current-replicas=5',
  'get deployment web --subresource=scale -o yaml',
  'get deployment web --subresource=status -o jsonpath={.metadata.generation}{.status}',
  'patch deployment web --subresource=scale --type=merge -p {"spec":{"replicas":3}}',
  'set image deployment/web nginx=nginx:2',
  'set image deployment/web other=nginx:2',
  'set env deployment/web MODE=fast',
  'set env deployment/web --list',
  'set resources deployment web --limits=cpu=200m,memory=64Mi --requests=cpu=100m',
  'get deploy web -o jsonpath={.spec.template.spec}',
  'rollout history deployment/web',
  'rollout pause deployment/web',
  'rollout resume deployment/web',
  'rollout restart deployment/web',
  'rollout undo deployment/web',
  'rollout status deployment/web --watch=false',
  'autoscale deployment web --max=3',
  'create deployment bad --image=x --replicas=-1',
  { line: 'edit deployment web', edit: 's/replicas: 3/replicas: -3/' },
  { line: 'edit deployment web', edit: 's/replicas: 3/replicas: 4/' },
  given(MANIFESTS, 'apply -f -'),
  given(MANIFESTS, 'apply -f -'),
  given(MANIFESTS.replace('agent:1', 'agent:2'), 'diff -f -', 'another image'),
  given(MANIFESTS.replace('matchLabels: {app: agent}', 'matchLabels: {app: other}'), 'apply -f -'),
  'get ds,rs,controllerrevision -o wide',
  'describe ds agent',
  'describe rs set',
  'describe controllerrevision agent-1',
  'scale rs set --replicas=4',
  'rollout status ds/agent --watch=false',
  'set image ds/agent *=agent:3',
  'create job j --image=x',
  'create cronjob c --image=x --schedule=*/1',
  'get statefulsets',
  'run plain --image=busybox:1 --restart=Never --labels=app=plain --env=A=b -- sleep 1',
  'run plain --image=busybox:1',
  'run dry --image=busybox:1 --dry-run=server -o yaml',
  'run Bad --image=busybox:1',
  // Pods of nodes that are not there go after a while.
  given({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'nowhere' } }, 'create -f -'),
  given(POD, 'create -f -'),
  'get pods -o wide',
  'get pod full -o yaml',
  `patch pod full --subresource=status -p '${JSON.stringify(RUNNING)}'`,
  'get pods full --no-headers -o wide',
  'describe pod full',
  'get pods -A --field-selector spec.nodeName=nowhere,status.phase!=Pending -o name',
  'patch pod full -p {"spec":{"nodeName":"other"}}',
  'patch pod full -p {"spec":{"containers":[{"name":"side","image":"busybox:2"}]}}',
  'set image pod/full side=busybox:3 --dry-run=server -o jsonpath={.spec.containers[1].image}',
  'label pods --all checked=yes',
  'expose pod full --port=80',
  'logs plain',
  'logs missing',
  'logs full --all-containers',
  'logs deployment/web',
  'exec plain -- ls',
  'attach plain',
  'port-forward plain 8080:80',
  'top pods',
  'wait --for=jsonpath={.status.phase}=Running pod/full --timeout=30s',
  {
    line: 'get pods --watch --output-watch-events',
    during: ['label pod plain seen=yes', 'delete pod plain --force --grace-period=0'],
    lines: 5,
  },
  'delete pod full --wait=false',
  'get pod full -o jsonpath={.metadata.deletionGracePeriodSeconds}',
  'delete pod full --now --wait=false',
  'delete pod full --force --grace-period=0',
  'get all',
  'delete deployment web --cascade=orphan',
  'delete deploy,ds,rs,controllerrevision --all',
  'delete all --all',
  'delete node nowhere',
]);
