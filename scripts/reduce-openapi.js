// Reduces a Kubernetes OpenAPI v2 document to the definitions that the embedded API server serves:
//   kubectl get --raw /openapi/v2 > FILE; node scripts/reduce-openapi.js FILE
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KINDS = [
  ...['Namespace', 'Node', 'Pod', 'ConfigMap', 'Secret', 'Event', 'ServiceAccount', 'PersistentVolume', 'PersistentVolumeClaim'],
  ...['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
  ...['SubjectAccessReview', 'LocalSubjectAccessReview', 'SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SelfSubjectReview'],
  ...['Lease', 'CustomResourceDefinition', 'StorageClass', 'VolumeAttachment', 'CertificateSigningRequest', 'TokenRequest', 'TokenReview'],
  ...['Service', 'Endpoints', 'EndpointSlice', 'Binding', 'Scale'],
  ...['Deployment', 'ReplicaSet', 'DaemonSet', 'ControllerRevision', 'PodDisruptionBudget', 'Eviction', 'PriorityClass'],
];
const GROUP_VERSIONS = [
  'v1',
  ...['apps', 'autoscaling', 'policy'].map((group) => `${group}/v1`),
  ...[
    'coordination',
    'storage',
    'certificates',
    'authentication',
    'authorization',
    'rbac.authorization',
    'discovery',
    'events',
    'scheduling',
  ].map((group) => `${group}.k8s.io/v1`),
  'apiextensions.k8s.io/v1',
];
/** Groups that 1.20 has as v1beta1 alone; their v1 is made of it, see below. */
const FROM_BETA = ['discovery', 'policy'];
const META = ['DeleteOptions', 'Patch', 'Status', 'WatchEvent'].map((kind) => `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`);
const PREFIX = '#/definitions/';

const { definitions } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
// Of Kubernetes 1.22: manifests of requests name it.
definitions['io.k8s.api.certificates.v1.CertificateSigningRequestSpec'].properties.expirationSeconds = {
  description: 'expirationSeconds is the requested duration of validity of the issued certificate; at least 600.',
  type: 'integer',
  format: 'int32',
};
definitions['io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry'].properties.subresource = {
  description: 'Subresource is the name of the subresource used to update that object, or empty for the object itself.',
  type: 'string',
};
for (const group of FROM_BETA) makeStable(group);
const { Endpoint } = within('discovery.v1');
// The published differences of discovery.k8s.io/v1 (1.21).
Endpoint.properties.deprecatedTopology = {
  ...Endpoint.properties.topology,
  description: 'deprecatedTopology contains topology information of the v1beta1 API. It can be written, but has no effect.',
};
delete Endpoint.properties.topology;
Endpoint.properties.zone = { description: 'zone is the name of the zone this endpoint exists in.', type: 'string' };
Endpoint.properties.hints = {
  description: 'hints contains information associated with how an endpoint should be consumed.',
  $ref: `${PREFIX}io.k8s.api.discovery.v1.EndpointHints`,
};
definitions['io.k8s.api.discovery.v1.EndpointHints'] = {
  description: 'EndpointHints provides hints describing how an endpoint should be consumed.',
  type: 'object',
  properties: {
    forZones: {
      description: 'forZones indicates the zones this endpoint should be consumed by. May contain a maximum of 8 entries.',
      type: 'array',
      items: { $ref: `${PREFIX}io.k8s.api.discovery.v1.ForZone` },
      'x-kubernetes-list-type': 'atomic',
    },
  },
};
definitions['io.k8s.api.discovery.v1.ForZone'] = {
  description: 'ForZone provides information about which zones should consume this endpoint.',
  type: 'object',
  required: ['name'],
  properties: { name: { description: 'name represents the name of the zone.', type: 'string' } },
};
// Those of policy/v1 (1.21; the eviction policy 1.31).
const { PodDisruptionBudgetSpec, PodDisruptionBudgetStatus } = within('policy.v1');
PodDisruptionBudgetSpec.properties.selector['x-kubernetes-patch-strategy'] = 'replace';
PodDisruptionBudgetSpec.properties.selector.description =
  'Label query over pods whose evictions are managed by the disruption budget. A null selector will match no pods, while an empty ({}) selector will select all pods within the namespace.';
PodDisruptionBudgetSpec.properties.unhealthyPodEvictionPolicy = {
  description: 'UnhealthyPodEvictionPolicy defines when unhealthy pods may be evicted: IfHealthyBudget (the default) or AlwaysAllow.',
  type: 'string',
};
PodDisruptionBudgetStatus.properties.conditions = {
  description: 'Conditions contain conditions for PDB. The disruption controller sets the DisruptionAllowed condition.',
  type: 'array',
  items: { $ref: `${PREFIX}io.k8s.apimachinery.pkg.apis.meta.v1.Condition` },
  'x-kubernetes-list-map-keys': ['type'],
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-patch-merge-key': 'type',
  'x-kubernetes-patch-strategy': 'merge',
};
// Of Kubernetes 1.22: manifests of Services name it.
definitions['io.k8s.api.core.v1.ServiceSpec'].properties.internalTrafficPolicy = {
  description: 'InternalTrafficPolicy describes how nodes distribute service traffic they receive on the ClusterIP: Cluster or Local.',
  type: 'string',
};

/** The definitions of a group version by the last part of their names. */
function within(version) {
  const prefix = `io.k8s.api.${version}.`;
  return Object.fromEntries(
    Object.entries(definitions)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, definition]) => [name.slice(prefix.length), definition]),
  );
}

/** Copies the definitions of a group's v1beta1 as those of its v1. */
function makeStable(group) {
  for (const [name, definition] of Object.entries(within(`${group}.v1beta1`))) {
    const text = JSON.stringify(definition).replaceAll(`io.k8s.api.${group}.v1beta1.`, `io.k8s.api.${group}.v1.`);
    definitions[`io.k8s.api.${group}.v1.${name}`] = JSON.parse(text.replaceAll('"version":"v1beta1"', '"version":"v1"'));
  }
}

// Of Kubernetes 1.28: who am I?
const typeMeta = definitions['io.k8s.api.authentication.v1.TokenReview'].properties;
definitions['io.k8s.api.authentication.v1.SelfSubjectReview'] = {
  description: 'SelfSubjectReview contains the user information that the kube-apiserver has about the user making this request.',
  type: 'object',
  properties: {
    apiVersion: typeMeta.apiVersion,
    kind: typeMeta.kind,
    metadata: typeMeta.metadata,
    status: {
      description: 'Status is filled in by the server with the user attributes.',
      $ref: `${PREFIX}io.k8s.api.authentication.v1.SelfSubjectReviewStatus`,
    },
  },
  'x-kubernetes-group-version-kind': [{ group: 'authentication.k8s.io', version: 'v1', kind: 'SelfSubjectReview' }],
};
definitions['io.k8s.api.authentication.v1.SelfSubjectReviewStatus'] = {
  description: 'SelfSubjectReviewStatus is filled by the kube-apiserver and sent back to a user.',
  type: 'object',
  properties: {
    userInfo: {
      description: 'User attributes of the user making this request.',
      $ref: `${PREFIX}io.k8s.api.authentication.v1.UserInfo`,
    },
  },
};
const groupVersion = ({ group, version }) => (group === '' ? version : `${group}/${version}`);
const isServed = (gvk) => GROUP_VERSIONS.includes(groupVersion(gvk)) && KINDS.includes(gvk.kind.replace(/List$/, ''));

const reached = new Set();
function reach(name) {
  if (reached.has(name)) return;
  reached.add(name);
  JSON.stringify(definitions[name], (key, value) => {
    if (key === '$ref' && typeof value === 'string') reach(value.slice(PREFIX.length));
    return value;
  });
}
for (const [name, definition] of Object.entries(definitions)) {
  if (META.includes(name) || (definition['x-kubernetes-group-version-kind'] ?? []).some(isServed)) reach(name);
}

function servedKinds(kind) {
  const parts = GROUP_VERSIONS.map((text) => text.split('/').reverse());
  return parts.map(([version, group = '']) => ({ group, kind, version })).sort((a, b) => (a.group < b.group ? -1 : 1));
}

const lines = [...reached].sort().map((name) => {
  const definition = definitions[name];
  const kinds = definition['x-kubernetes-group-version-kind'];
  // DeleteOptions and WatchEvent name every group of the cluster; only the served ones are of interest.
  if (META.includes(name) && kinds?.length > 1) definition['x-kubernetes-group-version-kind'] = servedKinds(kinds[0].kind);
  else if (kinds !== undefined)
    definition['x-kubernetes-group-version-kind'] = kinds.filter((gvk) => GROUP_VERSIONS.includes(groupVersion(gvk)));
  return `${JSON.stringify(name)}: ${JSON.stringify(definition)}`;
});
const target = join(import.meta.dirname, '../src/daemons/controlplane/apiserver/data/openapi.json');
writeFileSync(target, `{\n${lines.join(',\n')}\n}\n`);
