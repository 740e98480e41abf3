import { createCsr } from '../../../../src/pki/csr.ts';
import { createKeyPem } from '../../../../src/pki/key-pair.ts';
import { given, topic } from './kubectl-step.ts';

const request = (name: string, commonName: string, spec: object = {}) => {
  const der = createCsr({ keyPem: createKeyPem(), subject: { commonName, organizations: ['system:nodes'] } });
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE REQUEST-----\n`;
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: Buffer.from(pem).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['key encipherment', 'digital signature', 'client auth'],
      ...spec,
    },
  };
};
const requests = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    request('good', 'system:node:edge-1'),
    request('bad', 'system:node:edge-2'),
    request('own', 'x', { signerName: 'example.org/own' }),
  ],
};
const EMPTY_ROLES = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: empty}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gathered}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {gather: "yes"}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: part, labels: {gather: "yes"}}
rules: [{apiGroups: [""], resources: [nodes], verbs: [get]}]
`;
const REVIEW = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  spec: { user: 'jane', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'rights' } },
};

/** Roles, and what they let people do. */
export const RIGHTS = topic('roles, rights and certificates', 'rights', [
  'create role reader --verb=get,list --resource=pods,deployments.apps --resource=pods/log',
  'create role reader --verb=get --resource=pods',
  'create role odd --verb=get --resource=unknowns',
  'create role named --verb=get --resource=configmaps --resource-name=a',
  'create clusterrole watcher --verb=watch --resource=nodes',
  'create clusterrole prober --verb=get --non-resource-url=/probe',
  'create clusterrole all --aggregation-rule=a=b',
  'create rolebinding jane --role=reader --user=jane',
  'create rolebinding crew --clusterrole=view --group=crew --serviceaccount=rights:robot',
  'create clusterrolebinding probers --clusterrole=prober --user=jane --group=crew',
  'set subject rolebinding jane --user=june',
  given(EMPTY_ROLES, 'apply -f -'),
  given(EMPTY_ROLES, 'apply -f -'),
  given(EMPTY_ROLES.replace('verbs: [get]', 'verbs: [list]'), 'auth reconcile -f -'),
  'get role,rolebinding -o wide',
  'get clusterrole watcher prober all gathered',
  'get clusterrolebinding probers -o wide',
  { line: 'get clusterrole gathered -o yaml', until: /nodes/ },
  'get role empty -o yaml',
  'get rolebinding crew -o yaml',
  'describe role reader named empty',
  'describe clusterrole view',
  'describe clusterrole prober',
  'describe rolebinding jane crew',
  'describe clusterrolebinding probers',
  'get clusterroles -o name',
  'get clusterrolebindings -o name',
  'get roles,rolebindings -A -o name',
  'auth can-i get pods',
  'auth can-i get pods --as=jane',
  'auth can-i get pods --as=nobody',
  'auth can-i get configmaps/a --as=nobody --as-group=crew',
  'auth can-i delete pods --as=nobody --as-group=crew -q',
  'auth can-i get /probe --as=jane',
  'auth can-i --list --as=jane',
  'auth can-i --list --as=system:serviceaccount:rights:robot --no-headers',
  'auth whoami',
  'auth whoami --as=jane --as-group=crew -o jsonpath={.status.userInfo}',
  'get pods --as=jane',
  'get pods -A --as=jane',
  'delete pods --all --as=jane',
  'create cm x --as=nobody',
  'logs x --as=jane',
  'create rolebinding more --clusterrole=admin --user=jane --as=system:serviceaccount:rights:robot',
  'create role more --verb=* --resource=* --as=jane',
  'get --raw /probe --as=jane',
  given(REVIEW, 'create -f - -o yaml', 'a review'),
  given({ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace: 'rights' } }, 'create -f - -o name'),
  given({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'x' } }, 'create -f - -o jsonpath={.status}'),
  'patch rolebinding jane --type=merge -p {"roleRef":{"name":"other","kind":"Role","apiGroup":"rbac.authorization.k8s.io"}}',
  given(requests, 'create -f -'),
  'get csr good -o jsonpath={.spec.signerName}{.spec.username}{.spec.groups}{.status}',
  'describe csr own',
  'certificate approve good own',
  'certificate deny bad',
  'certificate approve bad',
  { line: 'get csr', until: /Issued/ },
  'describe csr bad good',
  'get csr good -o jsonpath={.status.conditions[*].type}{.status.conditions[*].reason}{.status.conditions[*].message}',
  'wait --for=condition=Approved csr/good --timeout=30s',
  'delete csr --all',
  'delete role,rolebinding --all',
  'delete clusterrole watcher prober all gathered part',
  'delete clusterrolebinding probers',
]);
