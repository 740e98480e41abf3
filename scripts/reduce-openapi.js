// Reduces a Kubernetes OpenAPI v2 document to the definitions that the embedded API server serves:
//   kubectl get --raw /openapi/v2 > FILE; node scripts/reduce-openapi.js FILE
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KINDS = [
  ...['Namespace', 'Node', 'Pod', 'ConfigMap', 'Secret', 'Event', 'ServiceAccount', 'PersistentVolume', 'PersistentVolumeClaim'],
  ...['Lease', 'CustomResourceDefinition', 'StorageClass', 'VolumeAttachment', 'CertificateSigningRequest', 'TokenRequest', 'TokenReview'],
];
const GROUP_VERSIONS = [
  'v1',
  ...['coordination', 'storage', 'certificates', 'authentication'].map((group) => `${group}.k8s.io/v1`),
  'apiextensions.k8s.io/v1',
];
const META = ['DeleteOptions', 'Patch', 'Status', 'WatchEvent'].map((kind) => `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`);
const PREFIX = '#/definitions/';

const { definitions } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
// Of Kubernetes 1.22: manifests of requests name it.
definitions['io.k8s.api.certificates.v1.CertificateSigningRequestSpec'].properties.expirationSeconds = {
  description: 'expirationSeconds is the requested duration of validity of the issued certificate; at least 600.',
  type: 'integer',
  format: 'int32',
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

const lines = [...reached].sort().map((name) => {
  const definition = definitions[name];
  const kinds = definition['x-kubernetes-group-version-kind'];
  // DeleteOptions and WatchEvent name every group of the cluster; only the served ones are of interest.
  if (kinds !== undefined)
    definition['x-kubernetes-group-version-kind'] = kinds.filter((gvk) => GROUP_VERSIONS.includes(groupVersion(gvk)));
  return `${JSON.stringify(name)}: ${JSON.stringify(definition)}`;
});
const target = join(import.meta.dirname, '../src/daemons/controlplane/apiserver/data/openapi.json');
writeFileSync(target, `{\n${lines.join(',\n')}\n}\n`);
