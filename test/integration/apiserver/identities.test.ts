import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KubeClient } from '../../../src/kube/client.ts';
import { isForbidden } from '../../../src/kube/api-error.ts';
import { createKubeClient } from '../../../src/kube/http-client.ts';
import { certificateInfo, hasUsage } from '../../../src/pki/certificate-info.ts';
import { createCsr } from '../../../src/pki/csr.ts';
import { createKeyPem } from '../../../src/pki/key-pair.ts';
import { altNamesOf } from '../../../src/pki/names.ts';
import { RESOURCES } from '../../../src/protocol/kubernetes.ts';
import type { CertificateSigningRequest, ConfigMap, KubeObject, TokenRequest } from '../../../src/protocol/kubernetes.ts';
import { API_SERVER_ADDRESS, send, startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { needs } from '../../helpers/neighbour.ts';

const NODES = ['system:nodes'];
const CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
const SERVING = 'kubernetes.io/kubelet-serving';

/** A request as Go's certificate manager makes it. */
function requestOf(
  nodeName: string,
  signerName: string,
  hosts: string[] = [],
  keyPem = createKeyPem(),
  organizations = NODES,
): CertificateSigningRequest {
  const subject = { commonName: `system:node:${nodeName}`, organizations };
  const der = createCsr({ keyPem, subject, ...(hosts.length > 0 && { sans: altNamesOf(hosts) }) });
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
  const usages = ['digital signature', 'key encipherment', signerName === CLIENT ? 'client auth' : 'server auth'];
  return { metadata: { name: '', generateName: 'csr-' }, spec: { request: Buffer.from(pem).toString('base64'), signerName, usages } };
}

describe('identities on the embedded API server', function () {
  this.timeout(60_000);
  let controlPlane: TestControlPlane;
  let kube: KubeClient;
  const clock = new ManualClock();

  before(async function () {
    needs(this, 'kubectl');
    controlPlane = await startControlPlane({ clock });
    kube = createKubeClient(controlPlane.credentials);
  });
  after(async () => {
    kube.close();
    await controlPlane.stop();
  });
  const kubectl = async (line: string, input?: string): Promise<string> => {
    const { status, stdout, stderr } = await controlPlane.kubectl(line.split(' '), input === undefined ? {} : { input });
    expect(status, `${line}\n${stderr}`).to.equal(0);
    return stdout;
  };
  const ask = (nodeName: string, request: CertificateSigningRequest): Promise<CertificateSigningRequest> =>
    kube.create(RESOURCES.certificateSigningRequest, request, undefined, { as: { name: `system:node:${nodeName}`, groups: NODES } });
  const get = (name: string): Promise<CertificateSigningRequest> => kube.get(RESOURCES.certificateSigningRequest, name);
  const issued = async (name: string): Promise<string> => {
    const { status } = await eventually(async () => {
      const request = await get(name);
      return request.status?.certificate === undefined ? undefined : request;
    }, 'the certificate');
    return Buffer.from(status?.certificate ?? '', 'base64').toString();
  };
  /** The controller has looked at everything that was there before: a later request of a node is done. */
  const looked = async (): Promise<unknown> => issued((await ask('marker', requestOf('marker', CLIENT))).metadata.name);

  describe('ServiceAccounts', () => {
    it('are in every namespace, with the CA, and come back', async () => {
      await kube.create(RESOURCES.namespace, { metadata: { name: 'fresh' } });
      for (const namespace of ['default', 'kube-system', 'fresh']) {
        await eventually(
          async () => (await kube.list(RESOURCES.serviceAccount, { namespace })).items.some(({ metadata }) => metadata.name === 'default'),
          'the account',
        );
        const bundle = await eventually(
          () => kube.get<ConfigMap>(RESOURCES.configMap, 'kube-root-ca.crt', namespace).catch(() => undefined),
          'the CA',
        );
        expect(bundle.data?.['ca.crt']).to.equal(controlPlane.credentials.ca);
      }
      await kube.delete(RESOURCES.serviceAccount, 'default', 'fresh');
      await kube.patch(RESOURCES.configMap, { name: 'kube-root-ca.crt', namespace: 'fresh' }, { data: { 'ca.crt': 'x' } }, 'merge');
      await eventually(async () => (await kube.list(RESOURCES.serviceAccount, { namespace: 'fresh' })).items.length === 1, 'the account');
      await eventually(async () => {
        const { data } = await kube.get<ConfigMap>(RESOURCES.configMap, 'kube-root-ca.crt', 'fresh');
        return data?.['ca.crt'] === controlPlane.credentials.ca;
      }, 'the CA');
      await kube.delete(RESOURCES.namespace, 'fresh');
      const isGone = (): Promise<boolean> =>
        kube.get(RESOURCES.namespace, 'fresh').then(
          () => false,
          () => true,
        );
      await eventually(() => {
        clock.advance(500);
        return isGone();
      }, 'the end of the namespace');
    });

    it('have tokens of a pod, which end with it', async () => {
      const { metadata: account } = await kube.create<KubeObject>(RESOURCES.serviceAccount, { metadata: { name: 'robot' } }, 'default');
      const spec = { serviceAccountName: 'robot', containers: [{ name: 'c', image: 'busybox' }] };
      const { metadata: pod } = await kube.create(RESOURCES.pod, { metadata: { name: 'p' }, spec } as KubeObject, 'default');
      const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: pod.uid ?? '' };
      const request: TokenRequest = { spec: { audiences: ['vault'], expirationSeconds: 600, boundObjectRef } };
      const { status } = await kube.createToken('robot', 'default', request);
      const [header, claims] = (status?.token ?? '')
        .split('.', 2)
        .map((part): unknown => JSON.parse(Buffer.from(part, 'base64url').toString()));
      expect(header)
        .to.include({ alg: 'ES256' })
        .and.have.property('kid')
        .that.matches(/^[\w-]{43}$/);
      const now = Math.floor(clock.now() / 1000);
      expect(claims).to.deep.include({
        iss: 'https://kubernetes.default.svc',
        sub: 'system:serviceaccount:default:robot',
        aud: ['vault'],
        iat: now,
        nbf: now,
        exp: now + 600,
        'kubernetes.io': {
          namespace: 'default',
          pod: { name: 'p', uid: pod.uid },
          serviceaccount: { name: 'robot', uid: account.uid },
        },
      });
      expect(Date.parse(status?.expirationTimestamp ?? '')).to.equal((now + 600) * 1000);

      const review = async (token = status?.token ?? '', audiences = ['vault']): Promise<Record<string, unknown>> => {
        const path = '/apis/authentication.k8s.io/v1/tokenreviews';
        const { code, body } = await send(controlPlane.credentials, 'POST', path, { body: { spec: { token, audiences } } });
        expect(code).to.equal(201);
        return body.status as Record<string, unknown>;
      };
      expect(await review()).to.deep.equal({
        authenticated: true,
        user: {
          username: 'system:serviceaccount:default:robot',
          uid: account.uid,
          groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
          extra: { 'authentication.kubernetes.io/pod-name': ['p'], 'authentication.kubernetes.io/pod-uid': [pod.uid] },
        },
        audiences: ['vault'],
      });
      expect(await review(undefined, ['other'])).to.have.property('error', 'the token is for another audience');
      const [head = '', payload = '', signature = ''] = (status?.token ?? '').split('.');
      const raised = Buffer.from(JSON.stringify({ ...(claims as object), sub: 'system:admin' })).toString('base64url');
      for (const forged of ['', 'x', `${head}.${raised}.${signature}`, `${head}.${payload}.`, `eyJhbGciOiJub25lIn0.${payload}.`]) {
        expect(await review(forged)).not.to.have.property('authenticated');
      }
      await kube.delete(RESOURCES.pod, 'p', 'default', { gracePeriodSeconds: 0 });
      expect((await review())['error']).to.contain('is gone');
      await kube.create(RESOURCES.pod, { metadata: { name: 'p' }, spec } as KubeObject, 'default');
      expect((await review())['error']).to.contain('is gone');
      const { token: plain = '' } =
        (await kube.createToken('robot', 'default', { spec: { audiences: ['vault'], expirationSeconds: 600 } })).status ?? {};
      expect(await review(plain)).to.have.property('authenticated', true);
      clock.advance(601_000);
      expect(await review(plain)).to.have.property('error', 'the token has expired');
    });

    it('keep their key, which nobody else can read, over a restart', async () => {
      const { mode } = await stat(join(dirname(controlPlane.kubeconfigPath), 'service-account.key'));
      expect(mode & 0o777).to.equal(0o600);
      const token = (await kubectl('create token robot')).trim();
      await controlPlane.restart();
      const body = { spec: { token } };
      const { body: reviewed } = await send(controlPlane.credentials, 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body });
      expect(reviewed.status.authenticated).to.equal(true);
    });
  });

  describe('certificates of users', () => {
    const USERS = 'kubernetes.io/kube-apiserver-client';
    const MONTH_SECONDS = 30 * 86_400;
    const requested = (key: string, usages: string[], sans?: string[]): CertificateSigningRequest => {
      const subject = { commonName: 'jane', organizations: ['developers', 'testers'] };
      const der = createCsr({ keyPem: key, subject, ...(sans && { sans: altNamesOf(sans) }) });
      const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
      const spec = { request: Buffer.from(pem).toString('base64'), signerName: USERS, usages, expirationSeconds: MONTH_SECONDS };
      return { metadata: { name: '', generateName: 'jane-' }, spec };
    };

    it('are issued when a person approves them, never by themselves', async () => {
      const key = createKeyPem();
      const { metadata } = await kube.create(RESOURCES.certificateSigningRequest, requested(key, ['client auth']));
      await looked();
      expect((await get(metadata.name)).status ?? {}).to.deep.equal({});
      await kubectl(`certificate approve ${metadata.name}`);
      const cert = await issued(metadata.name);
      expect(certificateInfo(cert)).to.deep.include({ commonName: 'jane', organizations: ['developers', 'testers'] });
      const x509 = new X509Certificate(cert);
      expect([hasUsage(x509.raw, 'clientAuth'), hasUsage(x509.raw, 'serverAuth'), x509.ca]).to.deep.equal([true, false, false]);
      const seconds = (Date.parse(x509.validTo) - clock.now()) / 1000;
      expect(seconds).to.be.within(MONTH_SECONDS - 3_600, MONTH_SECONDS);
      await kubectl('create clusterrolebinding developers --clusterrole=view --group=developers');
      const jane = createKubeClient({ server: controlPlane.url, ca: controlPlane.credentials.ca ?? '', cert, key });
      expect((await jane.list(RESOURCES.configMap, { namespace: 'default' })).items.length).to.be.greaterThan(0);
      const refused = await jane.list(RESOURCES.secret).catch((error: unknown) => error);
      expect(isForbidden(refused)).to.equal(true);
      jane.close();
    });

    it('are not for servers', async () => {
      const { metadata } = await kube.create(
        RESOURCES.certificateSigningRequest,
        requested(createKeyPem(), ['client auth', 'server auth']),
      );
      await kubectl(`certificate approve ${metadata.name}`);
      const failed = await eventually(async () => {
        const { status } = await get(metadata.name);
        return status?.conditions?.find(({ type }) => type === 'Failed');
      }, 'the refusal');
      expect(failed).to.deep.include({ reason: 'SignerValidationFailure', message: 'usages did not match: client auth' });
    });
  });

  describe('certificates of nodes', () => {
    it('are issued to the node that asks for itself', async () => {
      const key = createKeyPem();
      const { metadata, spec } = await ask('edge1', requestOf('edge1', CLIENT, [], key));
      expect(metadata.name).to.match(/^csr-/);
      expect(spec).to.deep.include({ username: 'system:node:edge1', groups: ['system:nodes', 'system:authenticated'] });
      const certificate = await issued(metadata.name);
      expect(certificateInfo(certificate)).to.deep.include({ commonName: 'system:node:edge1', organizations: NODES, dnsNames: [] });
      const x509 = new X509Certificate(certificate);
      expect(x509.verify(new X509Certificate(controlPlane.credentials.ca ?? '').publicKey)).to.equal(true);
      expect(hasUsage(x509.raw, 'clientAuth')).to.equal(true);
      expect(hasUsage(x509.raw, 'serverAuth')).to.equal(false);

      // With it the node may ask for more, see its requests, and do nothing with what is none of its business.
      const node = createKubeClient({ server: controlPlane.url, ca: controlPlane.credentials.ca ?? '', cert: certificate, key });
      const own = await node.create(RESOURCES.certificateSigningRequest, requestOf('edge1', CLIENT));
      await issued(own.metadata.name);
      expect(await node.get(RESOURCES.certificateSigningRequest, own.metadata.name)).to.have.nested.property('status.certificate');
      for (const work of [
        node.list(RESOURCES.secret),
        node.delete(RESOURCES.certificateSigningRequest, own.metadata.name),
        node.create(RESOURCES.configMap, { metadata: { name: 'x' } }, 'default'),
        node.create(RESOURCES.certificateSigningRequest, requestOf('edge2', CLIENT), undefined, {
          as: { name: 'system:node:edge2', groups: NODES },
        }),
      ]) {
        expect(isForbidden(await work.catch((error: unknown) => error))).to.equal(true);
      }
      node.close();
    });

    it("for serving hold the node's own names, and never the API server's", async () => {
      const addresses = ['10.9.8.7', 'localhost', API_SERVER_ADDRESS].map((address) => ({ type: 'InternalIP', address }));
      await kube.create(RESOURCES.node, { metadata: { name: 'edge1' }, status: { addresses } } as KubeObject);
      const good = await ask('edge1', requestOf('edge1', SERVING, ['edge1', '10.9.8.7', '169.254.96.16', '127.0.0.1']));
      const certificate = await issued(good.metadata.name);
      expect(certificateInfo(certificate).ipAddresses).to.deep.equal(['10.9.8.7', '169.254.96.16', '127.0.0.1']);
      expect(hasUsage(new X509Certificate(certificate).raw, 'clientAuth')).to.equal(false);
      const waiting = [
        await ask('edge1', requestOf('edge1', SERVING, ['10.0.0.1'])),
        await ask('edge1', requestOf('edge1', SERVING, ['edge2'])),
        await ask('edge1', requestOf('edge1', SERVING, ['localhost'])),
        await ask('edge1', requestOf('edge1', SERVING, [API_SERVER_ADDRESS])),
        await ask('edge1', requestOf('edge1', CLIENT, [], createKeyPem(), ['system:masters'])),
        await ask('edge1', requestOf('edge1', CLIENT, [], createKeyPem(), [...NODES, 'system:masters'])),
        await ask('edge1', requestOf('edge2', CLIENT)),
        await kube.create(RESOURCES.certificateSigningRequest, requestOf('edge1', CLIENT)),
        await ask('edge1', { ...requestOf('edge1', CLIENT), spec: { ...requestOf('edge1', CLIENT).spec, usages: ['server auth'] } }),
        await ask('edge1', requestOf('edge1', CLIENT, ['edge1'])),
        await ask('edge1', requestOf('edge1', SERVING)),
        await ask('edge1', {
          ...requestOf('edge1', CLIENT),
          spec: { ...requestOf('edge1', CLIENT).spec, signerName: 'example.org/other' },
        }),
      ];
      await looked();
      for (const { metadata } of waiting) expect((await get(metadata.name)).status, metadata.name).to.deep.equal({});
    });

    it('wait for a person otherwise, who approves or denies them with kubectl', async () => {
      const [approved, denied, wrong] = [
        await ask('edge1', requestOf('edge1', SERVING, ['10.0.0.1'])),
        await ask('edge1', requestOf('edge1', SERVING, ['10.0.0.1'])),
        await ask('edge1', requestOf('edge1', CLIENT, ['edge1'])),
      ].map(({ metadata }) => metadata.name) as [string, string, string];
      expect(await kubectl('get csr')).to.match(
        new RegExp(`^NAME +AGE +SIGNERNAME +REQUESTOR +REQUESTEDDURATION +CONDITION\n[^]*${approved} .* Pending`, 'm'),
      );
      await kubectl(`certificate approve ${approved} ${wrong}`);
      await kubectl(`certificate deny ${denied}`);
      expect(certificateInfo(await issued(approved)).ipAddresses).to.deep.equal(['10.0.0.1']);
      await eventually(async () => (await kubectl(`get csr ${wrong}`)).includes('Approved,Failed'), 'the failure');
      expect(await kubectl(`get csr ${approved}`)).to.contain('Approved,Issued');
      expect(await kubectl(`get csr ${denied}`)).to.match(/ Denied$/m);
      expect((await get(denied)).status).not.to.have.property('certificate');
    });

    it('go after an hour, and after a day when nobody decides', async () => {
      const { metadata: pending } = await ask('edge1', requestOf('edge2', CLIENT));
      clock.advance(60 * 60_000 + 1_000);
      await eventually(
        async () =>
          (await kube.list(RESOURCES.certificateSigningRequest)).items.every(
            ({ status }: KubeObject & { status?: { conditions?: unknown } }) => status?.conditions === undefined,
          ),
        'the end of the decided',
      );
      expect((await get(pending.name)).metadata.uid).to.equal(pending.uid);
      clock.advance(24 * 60 * 60_000);
      await eventually(async () => (await kube.list(RESOURCES.certificateSigningRequest)).items.length === 0, 'the end of all');
    });
  });

  it('and volumes are shown by kubectl as usual', async () => {
    const input = `
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce, ReadOnlyMany], hostPath: {path: /x}, claimRef: {namespace: default, name: data}, storageClassName: slow}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: default}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, volumeName: disk, storageClassName: slow}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: slow, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: example.org/slow
---
apiVersion: storage.k8s.io/v1
kind: VolumeAttachment
metadata: {name: attached}
spec: {attacher: csi.example.org, nodeName: edge1, source: {persistentVolumeName: disk}}
`;
    await kubectl('apply -f -', input);
    await kubectl('create serviceaccount another');
    const row = async (what: string): Promise<string> => (await kubectl(`get ${what} --no-headers`)).trim().replace(/ {2,}/g, '|');
    expect(await row('pv disk')).to.match(/^disk\|1Gi\|RWO,ROX\|Retain\|Pending\|default\/data\|slow\|/);
    expect(await row('pvc data')).to.match(/^data\|Pending\|disk\|/);
    expect(await row('sc slow')).to.match(/^slow \(default\)\|example.org\/slow\|Delete\|Immediate\|false\|/);
    expect(await row('volumeattachment attached')).to.match(/^attached\|csi.example.org\|disk\|edge1\|false\|/);
    expect(await row('sa another')).to.match(/^another\|0\|/);
    expect(await kubectl('explain csr.spec.signerName')).to.contain('signerName');
    expect(await kubectl('api-resources --api-group=storage.k8s.io -o name')).to.equal(
      'storageclasses.storage.k8s.io\nvolumeattachments.storage.k8s.io\n',
    );
    await kubectl('delete pv/disk sc/slow volumeattachment/attached');
    await kubectl('delete pvc data');
  });
});
