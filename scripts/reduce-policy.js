// Reduces the roles and bindings of a fresh Kubernetes API server to what the embedded one starts with:
//   kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o json > FILE; node scripts/reduce-policy.js FILE
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { items } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const policy = items
  .filter(({ metadata }) => metadata.labels?.['kubernetes.io/bootstrapping'] === 'rbac-defaults')
  .map(({ metadata: { name, namespace, labels, annotations }, rules, ...rest }) => ({
    ...rest,
    metadata: { name, namespace, labels, annotations },
    // A controller fills in the rules of an aggregated role.
    ...(rest.aggregationRule === undefined && rules !== undefined ? { rules } : {}),
  }));

const rulesOf = (role) => policy.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === role).rules;
// Of Kubernetes 1.21: EndpointSlices may be seen as Endpoints are. Of 1.28: everybody may ask who they are.
rulesOf('system:aggregate-to-view').push({
  apiGroups: ['discovery.k8s.io'],
  resources: ['endpointslices'],
  verbs: ['get', 'list', 'watch'],
});
rulesOf('system:basic-user').push({ apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] });

const key = ({ kind, metadata: { namespace = '', name } }) => `${kind}/${namespace}/${name}`;
const lines = policy.sort((a, b) => (key(a) < key(b) ? -1 : 1)).map((object) => JSON.stringify(object));
const target = join(import.meta.dirname, '../src/daemons/controlplane/apiserver/data/default-policy.json');
writeFileSync(target, `[\n${lines.join(',\n')}\n]\n`);
