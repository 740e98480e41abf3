import { topic } from './kubectl-step.ts';

/** As kubectl explains by OpenAPI v2, which both servers have. */
const EXPLAINED = [
  'pods',
  'nodes',
  'services',
  'deployments',
  'daemonsets',
  'pvc',
  'csr',
  'crds.spec.versions',
  'rolebindings',
  'leases',
  'secrets',
];

/** What the server says of itself. */
export const DISCOVERY = topic('what there is', 'discovery', [
  'version',
  'cluster-info',
  'api-versions',
  'api-resources',
  'api-resources --verbs=list,get --categories=all',
  'get --raw /healthz',
  'get --raw /version',
  'get --raw /api',
  'get --raw /apis/apps',
  'get --raw /api/v1/namespaces/discovery/pods',
  'get --raw /nowhere',
  'create --raw /api/v1/namespaces/discovery/nothings -f /dev/null',
  ...EXPLAINED.map((kind) => `explain ${kind} --output=plaintext-openapiv2`),
  'explain pod.metadata --recursive --output=plaintext-openapiv2',
  'explain pods',
  'explain pod.spec.containers.image',
  'explain pod.spec.nothing --output=plaintext-openapiv2',
  'explain nothing',
  'get ns,nodes,pods,cm,secret,sa,pv,pvc,svc,ep,events -A -o name',
  'get deploy,rs,ds,controllerrevision,priorityclass,lease,sc,volumeattachment,csr,crd -A',
]);
