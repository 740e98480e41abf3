/** Manifests as people write them for Kubernetes 1.32, in the shape of the examples of its documentation. */
export type Manifest = Readonly<Record<string, unknown>> & {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: object };
};

const container = (rest: object = {}) => ({ name: 'app', image: 'registry.example.org/app:1.4', ...rest });

export const pod = (name: string, spec: object, labels: Record<string, string> = { app: 'web' }): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: { containers: [container()], ...spec },
});

const deployment = (name: string, spec: object, rest: object = {}): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [container()], ...spec } },
    ...rest,
  },
});

const claimTemplate = {
  metadata: { labels: { type: 'scratch' } },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', resources: { requests: { storage: '1Gi' } } },
};

const PODS: readonly Manifest[] = [
  pod('grpc-probe', {
    containers: [
      container({
        ports: [{ containerPort: 2379 }],
        livenessProbe: { grpc: { port: 2379 }, initialDelaySeconds: 10, terminationGracePeriodSeconds: 60 },
        readinessProbe: { grpc: { port: 2379, service: 'ready' } },
        startupProbe: { httpGet: { path: '/up', port: 8080 }, failureThreshold: 30, terminationGracePeriodSeconds: 5 },
      }),
    ],
  }),
  pod('sidecar', {
    initContainers: [
      container({ name: 'prepare', command: ['sh', '-c', 'true'] }),
      container({
        name: 'logs',
        restartPolicy: 'Always',
        startupProbe: { exec: { command: ['true'] } },
        readinessProbe: { tcpSocket: { port: 24224 } },
        lifecycle: { preStop: { exec: { command: ['flush'] } } },
        volumeMounts: [{ name: 'data', mountPath: '/opt' }],
      }),
    ],
    volumes: [{ name: 'data', emptyDir: {} }],
  }),
  pod('sleeps-before-stop', {
    terminationGracePeriodSeconds: 40,
    containers: [container({ lifecycle: { preStop: { sleep: { seconds: 15 } } } })],
  }),
  pod('app-armor', {
    securityContext: { appArmorProfile: { type: 'RuntimeDefault' }, supplementalGroupsPolicy: 'Strict', fsGroup: 2000 },
    containers: [container({ securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: 'k8s-deny-write' } } })],
  }),
  pod('own-users', { hostUsers: false, os: { name: 'linux' } }),
  pod('for-windows', {
    os: { name: 'windows' },
    nodeSelector: { 'kubernetes.io/os': 'windows' },
    hostNetwork: true,
    securityContext: { windowsOptions: { hostProcess: true, runAsUserName: 'NT AUTHORITY\\SYSTEM' } },
  }),
  pod('gated', { schedulingGates: [{ name: 'example.com/quota' }, { name: 'example.com/image' }] }),
  pod('resizable', {
    containers: [
      container({
        resizePolicy: [
          { resourceName: 'cpu', restartPolicy: 'NotRequired' },
          { resourceName: 'memory', restartPolicy: 'RestartContainer' },
        ],
        resources: { requests: { cpu: '700m', memory: '200Mi' }, limits: { cpu: '700m', memory: '200Mi' } },
      }),
    ],
  }),
  pod('with-device', {
    resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'large-gpu' }],
    containers: [container({ resources: { claims: [{ name: 'gpu', request: 'one' }] } })],
  }),
  pod('image-volume', {
    containers: [container({ volumeMounts: [{ name: 'model', mountPath: '/model', readOnly: true }] })],
    volumes: [{ name: 'model', image: { reference: 'registry.example.org/model:v2', pullPolicy: 'IfNotPresent' } }],
  }),
  pod('scratch-volume', {
    containers: [container({ volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] })],
    volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: claimTemplate } }],
  }),
  pod('trust-bundles', {
    volumes: [
      {
        name: 'roots',
        projected: {
          sources: [
            { clusterTrustBundle: { name: 'example', path: 'by-name.pem' } },
            {
              clusterTrustBundle: {
                signerName: 'example.com/server',
                labelSelector: { matchLabels: { v: 'live' } },
                path: 'by-signer.pem',
                optional: true,
              },
            },
          ],
        },
      },
    ],
  }),
  pod('read-only-below', {
    containers: [container({ volumeMounts: [{ name: 'host', mountPath: '/mnt', readOnly: true, recursiveReadOnly: 'Enabled' }] })],
    volumes: [{ name: 'host', hostPath: { path: '/mnt' } }],
  }),
  pod('whole-pod-resources', { resources: { limits: { cpu: '1', memory: '200Mi' }, requests: { cpu: '1', memory: '100Mi' } } }),
  pod('other-namespaces', {
    affinity: {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 10,
            podAffinityTerm: {
              topologyKey: 'kubernetes.io/hostname',
              labelSelector: { matchLabels: { app: 'cache' } },
              namespaceSelector: { matchLabels: { team: 'data' } },
            },
          },
        ],
      },
    },
  }),
];

const WORKLOADS: readonly Manifest[] = [
  deployment('spread', {
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        minDomains: 3,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'spread' } },
        matchLabelKeys: ['pod-template-hash'],
        nodeAffinityPolicy: 'Honor',
        nodeTaintsPolicy: 'Honor',
      },
    ],
  }),
  deployment('same-revision', {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['same-revision'] }] },
            topologyKey: 'topology.kubernetes.io/zone',
            matchLabelKeys: ['pod-template-hash'],
            mismatchLabelKeys: ['tenant'],
          },
        ],
      },
    },
  }),
  deployment('mesh', { initContainers: [container({ name: 'proxy', restartPolicy: 'Always', ports: [{ containerPort: 15001 }] })] }),
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent' },
    spec: {
      selector: { matchLabels: { name: 'agent' } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels: { name: 'agent' } },
        spec: { containers: [container({ livenessProbe: { grpc: { port: 9090, service: '' } } })] },
      },
    },
  },
];

const service = (name: string, spec: object): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
});

const SERVICES_AND_VOLUMES: readonly Manifest[] = [
  service('nearby', { trafficDistribution: 'PreferClose', internalTrafficPolicy: 'Local' }),
  service('balanced', { type: 'LoadBalancer', loadBalancerClass: 'example.com/internal' }),
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'restored' },
    spec: {
      ...claimTemplate.spec,
      volumeAttributesClassName: 'silver',
      dataSourceRef: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'nightly', namespace: 'prod' },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'cloned' },
    spec: { ...claimTemplate.spec, dataSource: { kind: 'PersistentVolumeClaim', name: 'restored' } },
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'csi-volume' },
    spec: {
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteOncePod'],
      volumeAttributesClassName: 'silver',
      csi: { driver: 'csi.example.org', volumeHandle: 'v1', nodeExpandSecretRef: { name: 'expand', namespace: 'default' } },
    },
  },
];

/** A definition in the manner of the Gateway API: rules in CEL, and fields to select by. */
export const crd = (plural: string, kind: string, version: object): Manifest => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.shop.example.org` },
  spec: {
    group: 'shop.example.org',
    scope: 'Namespaced',
    names: { plural, kind },
    versions: [{ name: 'v1', served: true, storage: true, ...version }],
  },
});

export const SHIRTS = crd('shirts', 'Shirt', {
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { color: { type: 'string' }, size: { type: 'string' }, sold: { type: 'boolean' } } },
      },
    },
  },
  selectableFields: [{ jsonPath: '.spec.color' }, { jsonPath: '.spec.sold' }],
});

export const ROUTES = crd('routes', 'Route', {
  schema: {
    openAPIV3Schema: {
      type: 'object',
      'x-kubernetes-validations': [{ rule: 'self.metadata.name.size() < 40', message: 'name is too long' }],
      properties: {
        spec: {
          type: 'object',
          'x-kubernetes-validations': [
            {
              rule: 'self.min <= self.max',
              messageExpression: "'min must be below ' + string(self.max)",
              reason: 'FieldValueForbidden',
              fieldPath: '.min',
            },
            { rule: 'self.min >= oldSelf.orValue(self).min', optionalOldSelf: true, message: 'min only grows' },
          ],
          properties: { min: { type: 'integer' }, max: { type: 'integer' } },
        },
      },
    },
  },
});

const DEFINITIONS: readonly Manifest[] = [
  SHIRTS,
  ROUTES,
  {
    ...crd('bells', 'Bell', { schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }),
    metadata: { name: 'bells.shop.example.org' },
  },
];

const OTHERS: readonly Manifest[] = [
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'nearby-1', labels: { 'kubernetes.io/service-name': 'nearby' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 80, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' }],
    endpoints: [
      {
        addresses: ['10.1.2.3'],
        conditions: { ready: true, serving: true, terminating: false },
        zone: 'a',
        hints: { forZones: [{ name: 'a' }] },
      },
    ],
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } }, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
  },
  {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'leader' },
    spec: { holderIdentity: 'a', leaseDurationSeconds: 15, strategy: 'OldestEmulationVersion', preferredHolder: 'b' },
  },
];

export const MANIFESTS: readonly Manifest[] = [...PODS, ...WORKLOADS, ...SERVICES_AND_VOLUMES, ...DEFINITIONS, ...OTHERS];
