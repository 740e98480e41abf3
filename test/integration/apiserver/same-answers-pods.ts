import type { Step } from './same-answers.ts';

const PODS = '/api/v1/namespaces/bad/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'x:1' }], ...spec },
});
const bad = (say: string, spec: object, metadata: object = {}) => ({ say, method: 'POST', path: PODS, body: pod('x', spec, metadata) });
const c = (say: string, container: object, spec: object = {}) =>
  bad(say, { containers: [{ name: 'c', image: 'x:1', ...container }], ...spec });
const vol = (say: string, volume: object) => bad(say, { volumes: [{ name: 'v', ...volume }] });
const good = (name: string, spec: object = {}) => ({ say: `good ${name}`, method: 'POST', path: PODS, body: pod(name, spec) });
const patch = (say: string, name: string, body: object, headers = MERGE) => ({
  say,
  method: 'PATCH',
  path: `${PODS}/${name}`,
  body,
  headers,
});
const http = { httpGet: { port: 80 } };

const GO = 'a structure of Go';
const TWICE = 'the same is said twice there';

/** A step whose answers differ in their words, or on purpose. */
const but = (step: Step, reason: Pick<Step, 'otherText' | 'differs'>): Step => ({ ...step, ...reason });

/** Good and bad pods that both API servers are asked to create and to change, in this order. */
export const POD_STEPS: readonly Step[] = [
  { say: 'the namespace', method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'bad' } } },
  good('g1', {
    containers: [
      {
        name: 'c',
        image: 'x:1',
        resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
        env: [
          { name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          { name: 'B', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        ],
        envFrom: [{ configMapRef: { name: 'c' } }],
        securityContext: { runAsUser: 1, capabilities: { add: ['NET_ADMIN'] } },
      },
    ],
  }),
  good('g2', {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 5, podAffinityTerm: { topologyKey: 'h', labelSelector: { matchLabels: { a: 'b' } } } },
        ],
      },
    },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }],
    dnsConfig: { nameservers: ['1.1.1.1'], searches: ['a.b'], options: [{ name: 'n' }] },
    hostAliases: [{ ip: '1.2.3.4', hostnames: ['a.b'] }],
    imagePullSecrets: [{ name: 's' }],
    runtimeClassName: null,
    shareProcessNamespace: true,
  }),
  good('g3', {
    volumes: [
      { name: 'n', nfs: { server: 's', path: '/p' } },
      { name: 'e', emptyDir: { sizeLimit: '1Gi', medium: 'Memory' } },
      { name: 'p', persistentVolumeClaim: { claimName: 'c' } },
      { name: 'i', iscsi: { targetPortal: '1.2.3.4:1', iqn: 'iqn.2017-01.com.example:x', lun: 0 } },
      { name: 'g', gitRepo: { repository: 'r' } },
      { name: 'cs', csi: { driver: 'd.example.org' } },
    ],
  }),
  good('g4', {
    hostNetwork: true,
    containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80 }] }],
    initContainers: [{ name: 'i', image: 'y:latest' }],
  }),
  c('mem over', { resources: { limits: { memory: '1Gi' }, requests: { memory: '2Gi' } } }),
  c('bad resource', { resources: { limits: { foo: '1' } } }),
  c('negative resource', { resources: { limits: { cpu: '-1' } } }),
  c('fraction of bytes', { resources: { limits: { memory: '100m' } } }),
  c('extended request only', { resources: { requests: { 'example.org/x': '1' } } }),
  but(c('extended fraction', { resources: { limits: { 'example.org/x': '500m' } } }), { otherText: GO }),
  c('hugepages alone', { resources: { limits: { 'hugepages-2Mi': '2Mi' } } }),
  c('bad env name', { env: [{ name: '1A=' }] }),
  c('no env name', { env: [{ value: 'x' }] }),
  c('env two sources', {
    env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' }, secretKeyRef: { name: 's', key: 'k' } } }],
  }),
  c('env value and source', { env: [{ name: 'A', value: 'v', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
  c('env no source', { env: [{ name: 'A', valueFrom: {} }] }),
  c('env bad field', { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.foo' } } }] }),
  c('env bad field 2', { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.phase' } } }] }),
  c('env bad subscript', { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a b']" } } }] }),
  c('env field version', { env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v9', fieldPath: 'metadata.name' } } }] }),
  c('env resource missing', { env: [{ name: 'A', valueFrom: { resourceFieldRef: {} } }] }),
  c('env resource bad', { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.foo' } } }] }),
  c('env resource divisor', { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '3' } } }] }),
  c('env key ref without name', { env: [{ name: 'A', valueFrom: { configMapKeyRef: { key: 'k' } } }] }),
  c('env secret without key', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's' } } }] }),
  c('env bad secret name', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'S_', key: 'a b' } } }] }),
  c('envFrom none', { envFrom: [{}] }),
  c('envFrom both', { envFrom: [{ configMapRef: { name: 'a' }, secretRef: { name: 'b' } }] }),
  c('envFrom bad', { envFrom: [{ prefix: '1-=', configMapRef: { name: 'A_' } }, { secretRef: {} }] }),
  c('mount no path', { volumeMounts: [{ name: 'v' }] }, { volumes: [{ name: 'v' }] }),
  c(
    'mount twice',
    {
      volumeMounts: [
        { name: 'v', mountPath: '/a' },
        { name: 'v', mountPath: '/a' },
      ],
    },
    { volumes: [{ name: 'v' }] },
  ),
  c('mount unknown', { volumeMounts: [{ name: 'z', mountPath: '/a' }] }),
  c(
    'mount subPath',
    {
      volumeMounts: [
        { name: 'v', mountPath: '/a', subPath: '/abs' },
        { name: 'v', mountPath: '/b', subPath: 'a/../b' },
      ],
    },
    { volumes: [{ name: 'v' }] },
  ),
  c('mount subPathExpr', { volumeMounts: [{ name: 'v', mountPath: '/a', subPath: 'x', subPathExpr: 'y' }] }, { volumes: [{ name: 'v' }] }),
  c('mount propagation', { volumeMounts: [{ name: 'v', mountPath: '/a', mountPropagation: 'Foo' }] }, { volumes: [{ name: 'v' }] }),
  c(
    'mount bidirectional',
    { volumeMounts: [{ name: 'v', mountPath: '/a', mountPropagation: 'Bidirectional' }] },
    { volumes: [{ name: 'v' }] },
  ),
  c('device not there', { volumeDevices: [{ name: 'z', devicePath: '/d' }] }),
  c('probe none', { livenessProbe: {} }),
  c('probe two', { livenessProbe: { ...http, tcpSocket: { port: 1 } } }),
  c('probe bad port', { readinessProbe: { httpGet: { port: 0 } } }),
  c('probe bad name', { readinessProbe: { tcpSocket: { port: 'a--b' } } }),
  c('probe scheme', { readinessProbe: { httpGet: { port: 1, scheme: 'FTP' } } }),
  c('probe header', { readinessProbe: { httpGet: { port: 1, httpHeaders: [{ name: 'a b', value: 'c' }] } } }),
  c('probe path', { readinessProbe: { httpGet: { port: 1, path: '' } } }),
  c('probe negative', {
    livenessProbe: { ...http, initialDelaySeconds: -1, timeoutSeconds: -1, periodSeconds: -1, failureThreshold: -1, successThreshold: 2 },
  }),
  c('startup success', { startupProbe: { ...http, successThreshold: 2 } }),
  c('exec empty', { lifecycle: { preStop: { exec: { command: [] } } } }),
  c('hook none', { lifecycle: { postStart: {} } }),
  c('hook two', { lifecycle: { postStart: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } } }),
  c('termination policy', { terminationMessagePolicy: 'Foo' }),
  c('pull policy', { imagePullPolicy: 'Foo' }),
  c('image space', { image: ' x ' }),
  but(c('privileged no escalation', { securityContext: { privileged: true, allowPrivilegeEscalation: false } }), { otherText: GO }),
  but(c('sys admin no escalation', { securityContext: { capabilities: { add: ['CAP_SYS_ADMIN'] }, allowPrivilegeEscalation: false } }), {
    otherText: GO,
  }),
  c('bad user', { securityContext: { runAsUser: -1, runAsGroup: -1 } }),
  c('proc mount', { securityContext: { procMount: 'Foo' } }),
  c('seccomp', { securityContext: { seccompProfile: { type: 'Foo' } } }),
  c('seccomp localhost', { securityContext: { seccompProfile: { type: 'Localhost' } } }),
  but(c('seccomp profile', { securityContext: { seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'x' } } }), { otherText: GO }),
  c('port names twice', {
    ports: [
      { name: 'a', containerPort: 1 },
      { name: 'a', containerPort: 2 },
    ],
  }),
  c('port name', { ports: [{ name: 'A_long-name-indeed-too-long', containerPort: 1 }] }),
  c('port protocol', { ports: [{ containerPort: 1, protocol: 'tcp' }] }),
  c('hostPort', { ports: [{ containerPort: 1, hostPort: 70000 }] }),
  c('hostPorts twice', {
    ports: [
      { containerPort: 1, hostPort: 80 },
      { containerPort: 2, hostPort: 80 },
    ],
  }),
  c('hostIP', { ports: [{ containerPort: 1, hostIP: 'foo' }] }),
  c('hostNetwork port', { ports: [{ containerPort: 1, hostPort: 2 }] }, { hostNetwork: true }),
  bad('init same name', { initContainers: [{ name: 'c', image: 'x' }] }),
  but(
    bad('init probe', {
      initContainers: [
        {
          name: 'i',
          image: 'x',
          livenessProbe: http,
          readinessProbe: http,
          startupProbe: http,
          lifecycle: { preStop: { httpGet: { port: 1 } } },
        },
      ],
    }),
    { otherText: GO },
  ),
  bad('dnsPolicy', { dnsPolicy: 'Foo' }),
  bad('dns None', { dnsPolicy: 'None' }),
  bad('dns bad server', { dnsConfig: { nameservers: ['x', '1.1.1.1', '1.1.1.2', '1.1.1.3'] } }),
  bad('dns bad search', { dnsConfig: { searches: ['A_'], options: [{ value: 'x' }] } }),
  bad('restartPolicy', { restartPolicy: 'Foo' }),
  bad('grace', { terminationGracePeriodSeconds: -1 }),
  bad('deadline', { activeDeadlineSeconds: 0 }),
  bad('deadline big', { activeDeadlineSeconds: 4294967296 }),
  bad('nodeSelector', { nodeSelector: { 'a b': 'c d' } }),
  bad('nodeName', { nodeName: 'A_' }),
  bad('hostname', { hostname: 'a.b', subdomain: 'A_' }),
  bad('secrets', { imagePullSecrets: [{}] }),
  bad('aliases', { hostAliases: [{ ip: 'x', hostnames: ['A_'] }] }),
  bad('aliases on host', { hostNetwork: true, hostAliases: [{ ip: '1.2.3.4', hostnames: ['a'] }] }),
  bad('share with hostPID', { shareProcessNamespace: true, hostPID: true }),
  bad('pod user', {
    securityContext: { runAsUser: -1, fsGroup: -1, supplementalGroups: [-1], fsGroupChangePolicy: 'Foo', seccompProfile: { type: 'X' } },
  }),
  bad('sysctls', {
    securityContext: { sysctls: [{ name: 'a b', value: 'x' }, { name: 'kernel.x', value: '1' }, { name: 'kernel.x', value: '1' }, {}] },
  }),
  but({ ...bad('runtimeClass', {}), body: pod('r1', { runtimeClassName: 'A_' }) }, { differs: 'there are no RuntimeClasses here' }),
  bad('priorityClass', { priorityClassName: 'A_' }),
  bad('readiness gate', { readinessGates: [{ conditionType: 'a b' }] }),
  but({ ...bad('overhead', {}), body: pod('r2', { overhead: { cpu: '1' } }) }, { differs: 'there are no RuntimeClasses here' }),
  bad('toleration key', { tolerations: [{ key: 'a b', operator: 'Exists' }] }),
  bad('toleration operator', { tolerations: [{ key: 'a', operator: 'In' }] }),
  bad('toleration no key', { tolerations: [{ operator: 'Equal', value: 'x' }] }),
  but(bad('toleration exists value', { tolerations: [{ key: 'a', operator: 'Exists', value: 'x' }] }), { otherText: GO }),
  bad('toleration effect', { tolerations: [{ key: 'a', operator: 'Exists', effect: 'Foo' }] }),
  bad('toleration seconds', { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 3 }] }),
  bad('toleration value', { tolerations: [{ key: 'a', operator: 'Equal', value: 'x y' }] }),
  bad('node affinity none', { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } }),
  bad('node affinity expr', {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: 'a b', operator: 'Foo' },
                { key: 'a', operator: 'In' },
                { key: 'a', operator: 'Exists', values: ['x'] },
                { key: 'a', operator: 'Gt', values: ['1', '2'] },
              ],
              matchFields: [
                { key: 'metadata.foo', operator: 'In', values: ['x'] },
                { key: 'metadata.name', operator: 'Exists', values: [] },
              ],
            },
          ],
        },
      },
    },
  }),
  bad('node affinity weight', {
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 0, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
          { weight: 101, preference: {} },
        ],
      },
    },
  }),
  bad('pod affinity', {
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchExpressions: [{ key: 'a', operator: 'Foo' }] } },
          { topologyKey: 'a b', namespaces: ['A_'] },
        ],
      },
    },
  }),
  bad('pod affinity weight', {
    affinity: {
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 200, podAffinityTerm: { topologyKey: '' } }] },
    },
  }),
  bad('spread', { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Foo' }] }),
  bad('spread twice', {
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' },
      { maxSkew: 2, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' },
    ],
  }),
  bad('pod annotation', {}, { annotations: { 'a b': 'c' } }),
  bad('pod label', {}, { labels: { a: 'b c' } }),
  bad('volume names', { volumes: [{ name: 'v' }, { name: 'v' }, { name: 'A_' }, {}] }),
  vol('two sources', { emptyDir: {}, hostPath: { path: '/x' } }),
  vol('hostPath dots', { hostPath: { path: '/a/../b', type: 'Foo' } }),
  vol('hostPath none', { hostPath: {} }),
  vol('emptyDir negative', { emptyDir: { sizeLimit: '-1' } }),
  vol('secret none', { secret: {} }),
  vol('secret mode', {
    secret: {
      secretName: 's',
      defaultMode: 4096,
      items: [
        { key: '', path: '' },
        { key: 'a', path: '../x', mode: 9999 },
      ],
    },
  }),
  vol('configMap none', { configMap: {} }),
  vol('configMap items', { configMap: { name: 'c', items: [{ key: 'k', path: '/abs' }] } }),
  vol('claim none', { persistentVolumeClaim: {} }),
  vol('nfs none', { nfs: {} }),
  vol('nfs relative', { nfs: { server: 's', path: 'p' } }),
  vol('git none', { gitRepo: {} }),
  vol('iscsi none', { iscsi: { targetPortal: '', iqn: '', lun: 300 } }),
  vol('csi none', { csi: { driver: '' } }),
  vol('downward bad', {
    downwardAPI: {
      items: [
        { path: 'x' },
        { path: '', fieldRef: { fieldPath: 'spec.nodeName' } },
        { path: 'y', fieldRef: { fieldPath: 'metadata.name' }, resourceFieldRef: { resource: 'limits.cpu' } },
      ],
    },
  }),
  but(
    vol('projected two', {
      projected: {
        sources: [
          { secret: { name: 's' }, configMap: { name: 'c' } },
          { serviceAccountToken: { path: '', expirationSeconds: 5 } },
          { secret: {} },
          { serviceAccountToken: { path: 'x', expirationSeconds: 4294967297 } },
        ],
      },
    }),
    { otherText: 'the ServiceAccount admission is off there' },
  ),
  vol('projected paths', {
    projected: {
      sources: [
        { secret: { name: 's', items: [{ key: 'a', path: 'x' }] } },
        { configMap: { name: 'c', items: [{ key: 'a', path: 'x' }] } },
      ],
    },
  }),
  // changes
  but(patch('change name of container', 'g1', { spec: { containers: [{ name: 'd', image: 'x:1' }] } }), { otherText: GO }),
  patch('add a container', 'g1', { spec: { containers: [{ name: 'd', image: 'x:1' }] } }, STRATEGIC),
  but(patch('empty image', 'g1', { spec: { containers: [{ name: 'c', image: '' }] } }, STRATEGIC), { otherText: TWICE }),
  but(patch('image space', 'g1', { spec: { containers: [{ name: 'c', image: ' y' }] } }, STRATEGIC), { otherText: TWICE }),
  patch('set deadline', 'g1', { spec: { activeDeadlineSeconds: 10 } }),
  patch('larger deadline', 'g1', { spec: { activeDeadlineSeconds: 20 } }),
  patch('no deadline', 'g1', { spec: { activeDeadlineSeconds: null } }),
  but(patch('negative deadline', 'g1', { spec: { activeDeadlineSeconds: -1 } }), { otherText: TWICE }),
  patch('toleration changes', 'g1', { spec: { tolerations: [] } }),
  patch('toleration added', 'g1', {
    spec: {
      tolerations: [
        { key: 'z', operator: 'Exists' },
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    },
  }),
  but(patch('restartPolicy changes', 'g1', { spec: { restartPolicy: 'Never' } }), { otherText: GO }),
  but(patch('node given', 'g1', { spec: { nodeName: 'n' } }), { otherText: GO }),
];
