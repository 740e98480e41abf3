import { expect } from 'chai';
import type { KubeObject, Pod } from '../../../src/protocol/kubernetes.ts';
import { send, startControlPlane, type RawAnswer, type TestControlPlane } from '../../helpers/control-plane.ts';

const PODS = '/api/v1/namespaces/accounts/pods';
const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const MIRROR = { 'kubernetes.io/config.mirror': 'x' };
const TOKEN = { name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } };

/** Words and order are those of a Kubernetes 1.20 API server with its admission plugin ServiceAccount. */
describe('the ServiceAccount of a new pod, on the embedded API server', function () {
  this.timeout(60_000);
  let controlPlane: TestControlPlane;

  before(async () => {
    controlPlane = await startControlPlane();
    await ask('POST', '/api/v1/namespaces', { metadata: { name: 'accounts' } });
    const accounts = '/api/v1/namespaces/accounts/serviceaccounts';
    await ask('POST', accounts, { metadata: { name: 'puller' }, imagePullSecrets: [{ name: 'registry' }] });
  });
  after(() => controlPlane.stop());

  const ask = (method: string, path: string, body: unknown, headers?: Record<string, string>): Promise<RawAnswer> =>
    send(controlPlane.credentials, method, path, { body, ...(headers && { headers }) });
  const create = (name: string, spec: object, annotations?: object): Promise<RawAnswer> =>
    ask('POST', PODS, { metadata: { name, annotations }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
  const accountOf = ({ code, text, body }: RawAnswer): unknown => {
    expect(code, text).to.equal(201);
    const { serviceAccountName, serviceAccount, imagePullSecrets } = (body as KubeObject as Pod).spec ?? {};
    return { serviceAccountName, serviceAccount, imagePullSecrets };
  };

  it('is `default` unless it names one, by either name', async () => {
    const account = (name: string) => ({ serviceAccountName: name, serviceAccount: name, imagePullSecrets: undefined });
    expect(accountOf(await create('plain', {}))).to.deep.equal(account('default'));
    expect(accountOf(await create('projects', { volumes: [TOKEN] }))).to.deep.equal(account('default'));
    expect(accountOf(await create('older', { serviceAccount: 'default' }))).to.deep.equal(account('default'));
    const applied = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'applied' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    expect(accountOf(await ask('PATCH', `${PODS}/applied?fieldManager=m`, applied, APPLY))).to.deep.equal(account('default'));
  });

  it('is there', async () => {
    for (const spec of [{ serviceAccountName: 'nobody' }, { serviceAccount: 'nobody' }, { serviceAccountName: 'nobody', containers: [] }]) {
      const { code, body } = await create('x', spec);
      expect({ code, message: body.message, reason: body.reason }).to.deep.equal({
        code: 403,
        reason: 'Forbidden',
        message: 'pods "x" is forbidden: error looking up service account accounts/nobody: serviceaccount "nobody" not found',
      });
    }
  });

  it('is there as soon as its namespace is', async () => {
    for (const name of ['new-1', 'new-2', 'new-3']) {
      const made = ask('POST', '/api/v1/namespaces', { metadata: { name } });
      const spec = { containers: [{ name: 'c', image: 'i' }] };
      const pod = await made.then(() => ask('POST', `/api/v1/namespaces/${name}/pods`, { metadata: { name: 'p' }, spec }));
      expect(pod.code, pod.text).to.equal(201);
    }
  });

  it('gives its pull secrets to pods that name none', async () => {
    const secrets = async (name: string, spec: object) =>
      (accountOf(await create(name, { serviceAccountName: 'puller', ...spec })) as { imagePullSecrets: unknown }).imagePullSecrets;
    expect(await secrets('pulls', {})).to.deep.equal([{ name: 'registry' }]);
    expect(await secrets('pulls-own', { imagePullSecrets: [{ name: 'own' }] })).to.deep.equal([{ name: 'own' }]);
  });

  it('is none for mirror pods, which refer to nothing', async () => {
    const refused = async (spec: object): Promise<unknown> => (await create('m', spec, MIRROR)).body.message as unknown;
    const words = 'pods "m" is forbidden: a mirror pod may not';
    expect(await refused({ serviceAccountName: 'default' })).to.equal(`${words} reference service accounts`);
    expect(await refused({ volumes: [{ name: 'v', secret: { secretName: 's' } }] })).to.equal(`${words} reference secrets`);
    const containers = [{ name: 'c', image: 'i', envFrom: [{ secretRef: { name: 's' } }] }];
    expect(await refused({ containers })).to.equal(`${words} reference secrets`);
    expect(await refused({ volumes: [TOKEN] })).to.equal(`${words} use ServiceAccountToken volume projections`);
    const none = { serviceAccountName: undefined, serviceAccount: undefined, imagePullSecrets: undefined };
    expect(accountOf(await create('m', { nodeName: 'n' }, MIRROR))).to.deep.equal(none);
  });
});
