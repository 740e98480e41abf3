import { createCsr } from '../../../src/pki/csr.ts';
import { createKeyPem } from '../../../src/pki/key-pair.ts';
import type { Step } from './same-answers.ts';

const SAME = '/api/v1/namespaces/nodes';
const VOLUMES = '/api/v1/persistentvolumes';
const CLAIMS = `${SAME}/persistentvolumeclaims`;
const STORAGE = '/apis/storage.k8s.io/v1';
const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const LATER = 'newer API servers say it in other words than old ones';

const volume = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data', type: '' }, ...spec },
});
const claim = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'slow', ...spec },
});
const attachment = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { attacher: 'csi.example.org', nodeName: 'edge1', source: { persistentVolumeName: 'v1' }, ...spec },
});
const pem = (der: Buffer): string => {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
};
const asked = createCsr({ keyPem: createKeyPem(), subject: { commonName: 'system:node:edge9', organizations: ['system:nodes'] } });
const request = Buffer.from(pem(asked)).toString('base64');
const csr = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: {
    request,
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
    usages: ['digital signature', 'client auth'],
    username: 'somebody else',
    uid: 'x',
    ...spec,
  },
});
const decision = (type: string) => ({ status: { conditions: [{ type, status: 'True', reason: 'Test', message: 'test' }] } });
const tokenOf = (spec: object) => ({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });

const post = (say: string, path: string, body: unknown, otherText?: string): Step => ({
  say,
  method: 'POST',
  path,
  body,
  ...(otherText === undefined ? {} : { otherText }),
});
const patch = (say: string, path: string, body: unknown, otherText?: string): Step => ({
  ...post(say, path, body, otherText),
  method: 'PATCH',
  headers: MERGE,
});
const get = (path: string): Step => ({ say: `get ${path}`, method: 'GET', path });

/** What both API servers are asked about volumes, certificates and tokens, in this order. */
export const NODE_STEPS: readonly Step[] = [
  post('a namespace for them', '/api/v1/namespaces', { metadata: { name: 'nodes' } }),
  post('create a volume', VOLUMES, volume('v1')),
  post('a volume without a source', VOLUMES, volume('v2', { hostPath: undefined })),
  post('a volume with two sources', VOLUMES, volume('v2', { nfs: { server: 'x', path: '/' } })),
  post('a volume without a size', VOLUMES, volume('v2', { capacity: {} }), LATER),
  post('a volume without access modes', VOLUMES, volume('v2', { accessModes: [] })),
  post('a volume with an unknown access mode', VOLUMES, volume('v2', { accessModes: ['Sometimes'] }), LATER),
  patch('change the source of a volume', `${VOLUMES}/v1`, { spec: { hostPath: { path: '/other' } } }, LATER),
  patch('the status of a volume does not come so', `${VOLUMES}/v1`, { status: { phase: 'Bound' } }),
  patch('but so', `${VOLUMES}/v1/status`, { status: { phase: 'Bound' }, spec: { storageClassName: 'x' } }),
  post('create a claim', CLAIMS, claim('c1')),
  post('a claim without a size', CLAIMS, claim('c2', { resources: {} })),
  post('a claim without access modes', CLAIMS, claim('c2', { accessModes: [] })),
  patch('bind a claim', `${CLAIMS}/c1`, { spec: { volumeName: 'v1' } }),
  patch('bind it to another', `${CLAIMS}/c1`, { spec: { volumeName: 'v9' } }, LATER),
  patch('the status of a claim', `${CLAIMS}/c1/status`, { status: { phase: 'Bound', accessModes: ['ReadWriteOnce'] } }),
  post('create a class', `${STORAGE}/storageclasses`, { metadata: { name: 'slow' }, provisioner: 'example.org/x', parameters: { a: 'b' } }),
  post('a class without a provisioner', `${STORAGE}/storageclasses`, { metadata: { name: 'fast' } }, LATER),
  patch('change the parameters of a class', `${STORAGE}/storageclasses/slow`, { parameters: { a: 'c' } }),
  post('create an attachment', `${STORAGE}/volumeattachments`, attachment('a1')),
  post('an attachment of nothing', `${STORAGE}/volumeattachments`, attachment('a2', { source: {} }), LATER),
  post('an attachment to no node', `${STORAGE}/volumeattachments`, attachment('a2', { nodeName: '' })),
  patch('attach', `${STORAGE}/volumeattachments/a1/status`, { status: { attached: true } }),
  patch('change an attachment', `${STORAGE}/volumeattachments/a1`, { spec: { nodeName: 'edge2' } }, LATER),
  post('create a ServiceAccount', `${SAME}/serviceaccounts`, { metadata: { name: 'robot' } }),
  post('a token', `${SAME}/serviceaccounts/robot/token`, tokenOf({ audiences: ['here'], expirationSeconds: 600 })),
  post('a token for the API server', `${SAME}/serviceaccounts/robot/token`, tokenOf({ audiences: [] })),
  post('a token that is too short', `${SAME}/serviceaccounts/robot/token`, tokenOf({ audiences: [], expirationSeconds: 10 }), LATER),
  post('a token of nobody', `${SAME}/serviceaccounts/nobody/token`, tokenOf({ audiences: [] })),
  post(
    'a token for a missing pod',
    `${SAME}/serviceaccounts/robot/token`,
    tokenOf({ audiences: [], boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } }),
  ),
  post(
    'a token for a node',
    `${SAME}/serviceaccounts/robot/token`,
    tokenOf({ audiences: [], boundObjectRef: { kind: 'Lease', apiVersion: 'v1', name: 'none' } }),
    LATER,
  ),
  post('a pod of the account', `${SAME}/pods`, {
    metadata: { name: 'holder' },
    spec: { serviceAccountName: 'robot', automountServiceAccountToken: false, containers: [{ name: 'c', image: 'busybox' }] },
  }),
  post('another account', `${SAME}/serviceaccounts`, { metadata: { name: 'builder' } }),
  post('a pod of another', `${SAME}/pods`, {
    metadata: { name: 'other' },
    spec: { serviceAccountName: 'builder', automountServiceAccountToken: false, containers: [{ name: 'c', image: 'busybox' }] },
  }),
  post(
    'a token for the pod',
    `${SAME}/serviceaccounts/robot/token`,
    tokenOf({ audiences: [], boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'holder' } }),
  ),
  post(
    'a token for the pod of another account',
    `${SAME}/serviceaccounts/robot/token`,
    tokenOf({ audiences: [], boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'other' } }),
  ),
  post(
    'a token for a pod that was',
    `${SAME}/serviceaccounts/robot/token`,
    tokenOf({ audiences: [], boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'holder', uid: 'x' } }),
  ),
  { say: 'read a token', method: 'GET', path: `${SAME}/serviceaccounts/robot/token`, otherText: LATER },
  post('ask whose a bad token is', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'a.b.c' } }, LATER),
  { say: 'list reviews', method: 'GET', path: '/apis/authentication.k8s.io/v1/tokenreviews', otherText: LATER },
  post('ask for a certificate', CSRS, csr('r1')),
  post('ask with nonsense', CSRS, csr('r2', { request: 'bm9uc2Vuc2U=' }), LATER),
  post('ask without usages', CSRS, csr('r2', { usages: [] }), LATER),
  post('ask nobody', CSRS, csr('r2', { signerName: 'nobody' }), LATER),
  patch('change who asks', `${CSRS}/r1`, { spec: { username: 'x' } }),
  patch('approve where it is not done', `${CSRS}/r1/status`, decision('Approved'), LATER),
  patch('approve', `${CSRS}/r1/approval`, decision('Approved')),
  patch('deny what is approved', `${CSRS}/r1/approval`, { status: { conditions: [] } }),
  patch('a certificate that is none', `${CSRS}/r1/status`, { status: { certificate: 'bm9uc2Vuc2U=' } }, LATER),
  get(`${CSRS}?fieldSelector=spec.signerName%3Dkubernetes.io/kubelet-serving`),
  get('/apis/certificates.k8s.io/v1/certificatesigningrequests/none'),
];
