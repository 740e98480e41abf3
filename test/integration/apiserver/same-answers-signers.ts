import { createCsr } from '../../../src/pki/csr.ts';
import { createKeyPem } from '../../../src/pki/key-pair.ts';
import type { Step } from './same-answers.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const GROUP = 'certificates.k8s.io';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const SALLY = { 'impersonate-user': 'sally' };

const asked = createCsr({ keyPem: createKeyPem(), subject: { commonName: 'somebody', organizations: [] } }).toString('base64');
const pemOf = (base64: string): string =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE REQUEST-----\n`;
const pem = pemOf(asked);
const masters = createCsr({ keyPem: createKeyPem(), subject: { commonName: 'somebody', organizations: ['developers', 'system:masters'] } });
const csr = (name: string, signerName: string, request = pem): Step => ({
  say: `ask ${signerName}`,
  method: 'POST',
  path: CSRS,
  body: { metadata: { name }, spec: { request: Buffer.from(request).toString('base64'), signerName, usages: ['client auth'] } },
});
const role = (name: string, ...rules: object[]): Step[] => [
  { say: `the role ${name}`, method: 'POST', path: `${RBAC}/clusterroles`, body: { metadata: { name }, rules } },
  {
    say: 'which is hers',
    method: 'POST',
    path: `${RBAC}/clusterrolebindings`,
    body: {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'User', name: 'sally' }],
    },
  },
];
const patch = (say: string, path: string, status: object, headers: Record<string, string> = SALLY): Step => ({
  say,
  method: 'PATCH',
  path: `${CSRS}/${path}`,
  headers: { ...MERGE, ...headers },
  body: { status },
});
const conditions = (...types: string[]) => ({
  conditions: types.map((type) => ({ type, status: 'True', reason: 'Test', message: 'test' })),
});

/** Who may write to requests of certificates, and for which signers that is enough. */
export const SIGNER_STEPS: readonly Step[] = [
  csr('s1', 'example.org/one'),
  csr('s2', 'example.org/two'),
  csr('s3', 'other.example.org/one'),
  csr('s4', 'kubernetes.io/kube-apiserver-client'),
  csr('s5', 'kubernetes.io/kube-apiserver-client', pemOf(masters.toString('base64'))),
  csr('s6', 'example.org/one', pemOf(masters.toString('base64'))),
  ...role('writes-requests', {
    apiGroups: [GROUP],
    resources: ['certificatesigningrequests', 'certificatesigningrequests/approval', 'certificatesigningrequests/status'],
    verbs: ['get', 'update', 'patch'],
  }),
  patch('she approves', 's1/approval', conditions('Approved')),
  patch('she denies', 's1/approval', conditions('Denied')),
  { ...patch('she signs', 's1/status', { certificate: 'bm9uc2Vuc2U=' }), otherCode: 'no certificate, and no right: which is said first' },
  patch('she fails', 's1/status', conditions('Failed')),
  patch('she says nothing', 's1/status', {}),
  ...role('approves', { apiGroups: [GROUP], resources: ['signers'], resourceNames: ['example.org/*'], verbs: ['approve'] }),
  patch('now she approves', 's1/approval', conditions('Approved')),
  patch('for another signer of the domain', 's2/approval', conditions('Denied')),
  patch('for no other domain', 's3/approval', conditions('Approved')),
  patch('but does not sign', 's1/status', conditions('Approved', 'Failed')),
  ...role('signs', { apiGroups: [GROUP], resources: ['signers'], resourceNames: ['example.org/two'], verbs: ['sign'] }),
  patch('for that signer', 's2/status', conditions('Denied', 'Failed')),
  patch('but for no other', 's1/status', conditions('Approved', 'Failed')),
  patch('an administrator needs no such right', 's3/approval', conditions('Approved'), {}),
];
