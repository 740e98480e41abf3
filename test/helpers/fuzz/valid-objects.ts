import { createCsr } from '../../../src/pki/csr.ts';
import { createKeyPem } from '../../../src/pki/key-pair.ts';

/** The definition of a kind with a status and a scale, and with a schema that has one of everything. */
export const GADGETS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.fuzz.example.org' },
  spec: {
    group: 'fuzz.example.org',
    scope: 'Namespaced',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList', shortNames: ['gg'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
        },
        additionalPrinterColumns: [
          { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
          { name: 'Since', type: 'date', jsonPath: '.spec.since' },
          { name: 'Ports', type: 'string', jsonPath: '.spec.ports[*].name' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['mode'],
                properties: {
                  mode: { type: 'string', enum: ['on', 'off'], default: 'on' },
                  replicas: { type: 'integer', format: 'int32', minimum: 0 },
                  since: { type: 'string', format: 'date-time' },
                  text: { type: 'string', pattern: '^[a-z]+$', maxLength: 20, nullable: true },
                  either: { 'x-kubernetes-int-or-string': true },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  nested: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
                  map: { type: 'object', additionalProperties: { type: 'number' } },
                  set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
                  ports: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name', 'port'],
                    items: {
                      type: 'object',
                      required: ['name'],
                      properties: { name: { type: 'string' }, port: { type: 'integer', default: 80 } },
                    },
                  },
                },
              },
              status: {
                type: 'object',
                properties: { replicas: { type: 'integer' }, selector: { type: 'string' } },
              },
            },
          },
        },
      },
    ],
  },
};

const LABELS = { app: 'a' };
const POD = {
  metadata: { labels: LABELS },
  spec: {
    containers: [
      {
        name: 'c',
        image: 'i:1',
        env: [{ name: 'A', value: '1' }],
        ports: [{ containerPort: 80, name: 'http' }],
        resources: { limits: { cpu: '1', memory: '1Gi' } },
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
        livenessProbe: { httpGet: { path: '/', port: 'http' } },
      },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
    tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }],
  },
};
const WORKLOAD = { selector: { matchLabels: LABELS }, template: POD };
const ROLE_REF = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
const SUBJECTS = [
  { kind: 'ServiceAccount', name: 'a', namespace: 'default' },
  { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'u' },
];
const RULES = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['x'] }];

function certificateRequest(): string {
  const der = createCsr({ keyPem: createKeyPem(), subject: { commonName: 'somebody', organizations: [] } });
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE REQUEST-----\n`;
  return Buffer.from(pem).toString('base64');
}

const IN = (group: string, plural: string) => `/apis/${group}/namespaces/default/${plural}`;
const CORE = (plural: string) => `/api/v1/namespaces/default/${plural}`;

/** An object without a name of every kind that is kept, by the path of its collection. */
export function validObjects(): Readonly<Record<string, object>> {
  const event = { type: 'Normal', reason: 'Done', metadata: { namespace: 'default' } };
  return {
    [CORE('configmaps')]: { data: { a: '1', 'b.txt': 'text\n' }, binaryData: { c: 'AAEC' } },
    [CORE('secrets')]: { data: { a: 'YQ==' }, stringData: { b: 'c' }, type: 'Opaque' },
    [CORE('serviceaccounts')]: { secrets: [{ name: 's' }], imagePullSecrets: [{ name: 'p' }] },
    [CORE('events')]: { ...event, message: 'm', involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' }, source: { component: 'c' }, count: 1 },
    [CORE('pods')]: POD,
    [CORE('persistentvolumeclaims')]: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    [CORE('services')]: { spec: { selector: LABELS, ports: [{ name: 'http', port: 80, targetPort: 'http' }] } },
    [CORE('endpoints')]: { subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80 }] }] },
    '/api/v1/namespaces': { metadata: { labels: LABELS } },
    '/api/v1/nodes': { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }], podCIDR: '10.1.0.0/24' }, status: { capacity: { cpu: '4' } } },
    '/api/v1/persistentvolumes': { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/p' } } },
    [IN('apps/v1', 'deployments')]: { spec: { ...WORKLOAD, replicas: 2 } },
    [IN('apps/v1', 'replicasets')]: { spec: { ...WORKLOAD, replicas: 2 } },
    [IN('apps/v1', 'daemonsets')]: { spec: WORKLOAD },
    [IN('apps/v1', 'controllerrevisions')]: { revision: 1, data: { a: [1, { b: null }] } },
    [IN('events.k8s.io/v1', 'events')]: { ...event, eventTime: '2024-01-02T03:04:05.000006Z', action: 'Do', note: 'n', reportingController: 'x.io/c', reportingInstance: 'i', regarding: { kind: 'Pod', namespace: 'default', name: 'p' } },
    [IN('discovery.k8s.io/v1', 'endpointslices')]: { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.1.1'], conditions: { ready: true } }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
    [IN('policy/v1', 'poddisruptionbudgets')]: { spec: { minAvailable: 1, selector: { matchLabels: { none: 'x' } } } },
    [IN('coordination.k8s.io/v1', 'leases')]: { spec: { holderIdentity: 'h', leaseDurationSeconds: 10, renewTime: '2024-01-02T03:04:05.000006Z' } },
    [IN('rbac.authorization.k8s.io/v1', 'roles')]: { rules: RULES },
    [IN('rbac.authorization.k8s.io/v1', 'rolebindings')]: { roleRef: ROLE_REF, subjects: SUBJECTS },
    [IN('fuzz.example.org/v1', 'gadgets')]: { spec: { mode: 'on', replicas: 1, text: 'abc', either: '5%', free: { a: { b: [1] } }, map: { x: 1.5 }, set: ['a', 'b'], ports: [{ name: 'http', port: 80 }] } },
    '/apis/rbac.authorization.k8s.io/v1/clusterroles': { rules: [...RULES, { nonResourceURLs: ['/x/*'], verbs: ['get'] }], aggregationRule: { clusterRoleSelectors: [{ matchLabels: { none: 'x' } }] } },
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings': { roleRef: ROLE_REF, subjects: SUBJECTS },
    '/apis/certificates.k8s.io/v1/certificatesigningrequests': { spec: { request: certificateRequest(), signerName: 'example.org/signer', usages: ['client auth'], expirationSeconds: 3600 } },
    '/apis/storage.k8s.io/v1/storageclasses': { provisioner: 'x.io/p', parameters: { a: 'b' }, volumeBindingMode: 'Immediate' },
    '/apis/storage.k8s.io/v1/volumeattachments': { spec: { attacher: 'x.io', nodeName: 'n', source: { persistentVolumeName: 'pv' } } },
    '/apis/scheduling.k8s.io/v1/priorityclasses': { value: 1000, description: 'd', preemptionPolicy: 'Never' },
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions': GADGETS,
  }; // prettier-ignore
}

/** What is asked with a POST and not kept, by path. */
export function validReviews(): Readonly<Record<string, object>> {
  const resourceAttributes = { namespace: 'default', verb: 'get', resource: 'pods', name: 'p' };
  return {
    '/apis/authentication.k8s.io/v1/tokenreviews': { spec: { token: 'a.b.c', audiences: ['x'] } },
    '/apis/authentication.k8s.io/v1/selfsubjectreviews': {},
    '/apis/authorization.k8s.io/v1/subjectaccessreviews': { spec: { user: 'u', groups: ['g'], extra: { a: ['b'] }, resourceAttributes } },
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews': { spec: { nonResourceAttributes: { path: '/healthz', verb: 'get' } } },
    '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews': { spec: { namespace: 'default' } },
    [IN('authorization.k8s.io/v1', 'localsubjectaccessreviews')]: { spec: { user: 'u', resourceAttributes } },
    [`${CORE('serviceaccounts')}/default/token`]: { spec: { audiences: ['x'], expirationSeconds: 3600 } },
    [`${CORE('pods')}/none/eviction`]: { metadata: { name: 'none' }, deleteOptions: { gracePeriodSeconds: 0 } },
    [`${CORE('pods')}/none/binding`]: { metadata: { name: 'none' }, target: { kind: 'Node', name: 'n' } },
    [CORE('bindings')]: { metadata: { name: 'none' }, target: { kind: 'Node', name: 'n' } },
  };
}
