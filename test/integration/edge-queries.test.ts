import { expect } from 'chai';
import { certificateInfo } from '../../src/pki/certificate-info.ts';
import { createCsr } from '../../src/pki/csr.ts';
import { createKeyPem } from '../../src/pki/key-pair.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { ApiResource, KubeObject, Pod } from '../../src/protocol/kubernetes.ts';
import { isRecord } from '../../src/protocol/message.ts';
import type { Message } from '../../src/protocol/message.ts';
import { eventually } from '../helpers/eventually.ts';
import { needs } from '../helpers/neighbour.ts';
import { makeCloudAccount } from '../helpers/cloud-account.ts';
import { startRealApiServer } from '../helpers/real-apiserver.ts';
import { TestEdge, startCloud } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into contents as they like
const contentOf = (message: Message): any => message.content;

/** What an answer says: `ok`, or the reason of its error. */
function outcome(content: unknown): string {
  const { Err, ErrStatus = isRecord(Err) ? Err['ErrStatus'] : undefined } = isRecord(content) ? content : {};
  return isRecord(ErrStatus) ? String(ErrStatus['reason']) : 'ok';
}

const podOf = (name: string, nodeName: string, spec: object = {}): Pod => ({
  metadata: { name, namespace: 'default' },
  spec: { nodeName, automountServiceAccountToken: false, containers: [{ name: 'c', image: 'busybox' }], ...spec },
});
const claimVolume = (claimName: string): object => ({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] });
const secretRef = (name: string): object => ({ name, namespace: 'default' });
const volumeOf = (name: string, claim: string): object => ({
  metadata: { name },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    claimRef: { namespace: 'default', name: claim },
    csi: {
      driver: 'csi.example.org',
      volumeHandle: name,
      nodePublishSecretRef: secretRef(`publish-${name}`),
      controllerPublishSecretRef: secretRef(`controller-${name}`),
    },
  },
});
const claimOf = (name: string, volumeName: string): object => ({
  metadata: { name, namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeName, storageClassName: '' },
});
const attachmentOf = (name: string, nodeName: string): object => ({
  metadata: { name },
  spec: { attacher: 'csi.example.org', nodeName, source: { persistentVolumeName: 'mine' } },
});

/** A request as the certificate manager of a Go edge's MetaServer makes it. */
function csrOf(nodeName: string, signerName = 'kubernetes.io/kubelet-serving'): object {
  const sans = { dnsNames: [], ipAddresses: ['127.0.0.1'] };
  const der = createCsr({
    keyPem: createKeyPem(),
    subject: { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] },
    sans,
  });
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
  const usages = ['digital signature', 'key encipherment', 'server auth'];
  const request = Buffer.from(pem).toString('base64');
  return { metadata: { generateName: 'csr-', creationTimestamp: null }, spec: { request, signerName, usages }, status: {} };
}

interface Setting {
  readonly cloud: TestCloud;
  readonly stop: () => Promise<void>;
  /** Whether anybody signs certificates. */
  readonly signs: boolean;
}

function suite(title: string, start: (this: Mocha.Context) => Promise<Setting>): void {
  describe(`what a Go edge asks beside pods, on ${title}`, function () {
    this.timeout(60_000);
    let cloud: TestCloud;
    let stop = (): Promise<void> => Promise.resolve();
    let signs = false;
    let edge: TestEdge;
    const ask = (operation: string, resource: string, content: unknown = null): Promise<Message> =>
      edge.ask({ operation, resource }, content);
    const asked = async (operation: string, resource: string, content: unknown = null): Promise<string> =>
      outcome((await ask(operation, resource, content)).content);
    let pod: Pod;

    before(async function () {
      ({ cloud, stop, signs } = await start.call(this));
      const create = (resource: ApiResource, object: object): Promise<KubeObject> => cloud.kube.create(resource, object as KubeObject);
      for (const name of ['mine', 'theirs']) {
        await create(RESOURCES.persistentVolume, volumeOf(name, name));
        await create(RESOURCES.persistentVolumeClaim, claimOf(name, name));
        for (const side of ['publish', 'controller']) {
          await create(RESOURCES.secret, { metadata: { name: `${side}-${name}`, namespace: 'default' } });
        }
        await create(RESOURCES.serviceAccount, { metadata: { name, namespace: 'default' } });
      }
      // A volume that a claim of this node names, but which is another's.
      await create(RESOURCES.persistentVolumeClaim, claimOf('greedy', 'theirs'));
      await create(RESOURCES.volumeAttachment, attachmentOf('attached', 'edge1'));
      await create(RESOURCES.volumeAttachment, attachmentOf('elsewhere', 'edge2'));
      edge = await TestEdge.connect(cloud, 'edge1');
      pod = await create(RESOURCES.pod, podOf('p', 'edge1', { ...claimVolume('mine'), serviceAccountName: 'mine' }));
      await create(RESOURCES.pod, podOf('greedy', 'edge1', claimVolume('greedy')));
      await create(RESOURCES.pod, podOf('q', 'edge2', { ...claimVolume('theirs'), serviceAccountName: 'theirs' }));
      await edge.pushed('insert', 'default/pod/p');
      await edge.pushed('insert', 'default/pod/greedy');
    });
    after(async () => {
      await edge.disconnect();
      await stop();
    });

    it('claims, their volumes and what is attached', async () => {
      const claim = await ask('query', 'default/persistentvolumeclaim/mine');
      expect(claim.route).to.deep.equal({
        source: 'edgecontroller',
        group: 'resource',
        operation: 'response',
        resource: 'default/persistentvolumeclaim/mine',
      });
      expect(contentOf(claim))
        .to.include({ kind: 'PersistentVolumeClaim', apiVersion: 'v1' })
        .and.have.nested.property('spec.volumeName', 'mine');
      expect(claim.header.resourceversion).to.equal(contentOf(claim).metadata.resourceVersion);
      for (const namespace of ['default', 'null']) {
        const volume = await ask('query', `${namespace}/persistentvolume/mine`);
        expect(contentOf(volume))
          .to.include({ kind: 'PersistentVolume', apiVersion: 'v1' })
          .and.have.nested.property('spec.csi.volumeHandle', 'mine');
        expect(volume.header.resourceversion).to.equal(contentOf(volume).metadata.resourceVersion);
        const attachment = await ask('query', `${namespace}/volumeattachment/attached`);
        expect(contentOf(attachment)).to.include({ kind: 'VolumeAttachment', apiVersion: 'storage.k8s.io/v1' });
      }
      expect(await asked('query', 'default/persistentvolumeclaim/theirs')).to.equal('Forbidden');
      for (const name of ['theirs', 'unheard-of'])
        expect(await asked('query', `default/persistentvolume/${name}`), name).to.equal('Forbidden');
      for (const name of ['elsewhere', 'unheard-of'])
        expect(await asked('query', `default/volumeattachment/${name}`), name).to.equal('Forbidden');
    });

    it('the Secrets that its volumes name for the node', async () => {
      expect(await asked('query', 'default/secret/publish-mine')).to.equal('ok');
      for (const name of ['controller-mine', 'publish-theirs', 'controller-theirs']) {
        expect(await asked('query', `default/secret/${name}`), name).to.equal('Forbidden');
      }
    });

    it('tokens for its pods', async () => {
      const resource = 'default/serviceaccounttoken/mine';
      const requestOf = (boundObjectRef: object | undefined): object => ({
        metadata: { creationTimestamp: null },
        spec: { audiences: ['https://kubernetes.default.svc'], expirationSeconds: 3600, ...(boundObjectRef && { boundObjectRef }) },
        status: { token: '', expirationTimestamp: null },
      });
      const bound = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: pod.metadata.uid };
      const answer = await ask('query', resource, requestOf(bound));
      expect(answer.route).to.deep.equal({ source: 'edgecontroller', group: 'resource', operation: 'response', resource });
      const { kind, apiVersion, spec, status } = contentOf(answer);
      expect({ kind, apiVersion }).to.deep.equal({ kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1' });
      expect(spec).to.deep.include({ expirationSeconds: 3600, boundObjectRef: bound });
      const claims = JSON.parse(Buffer.from(String(status.token).split('.')[1] ?? '', 'base64url').toString());
      expect(claims.sub).to.equal('system:serviceaccount:default:mine');
      expect(claims['kubernetes.io'].pod).to.deep.equal({ name: 'p', uid: pod.metadata.uid });
      const uid = '11111111-1111-1111-1111-111111111111';
      for (const reference of [
        undefined,
        { ...bound, uid },
        { ...bound, uid: undefined },
        { ...bound, name: 'q' },
        { ...bound, kind: 'Secret' },
      ]) {
        expect(await asked('query', resource, requestOf(reference)), JSON.stringify(reference)).to.equal('Forbidden');
      }
      expect(await asked('query', 'default/serviceaccounttoken/theirs', requestOf(bound))).to.equal('Forbidden');
      expect(await asked('query', 'default/serviceaccounttoken/unheard-of', requestOf(bound))).to.equal('Forbidden');
      expect(await asked('query', resource, 'nonsense')).to.equal('Invalid');
    });

    it('certificates for itself', async () => {
      const inserted = await ask('insert', 'default/certificatesigningrequest/', csrOf('edge1'));
      expect(contentOf(inserted).Err, JSON.stringify(contentOf(inserted).Err)).to.equal(null);
      const { metadata, spec } = contentOf(inserted).Object;
      expect(metadata.name).to.match(/^csr-/);
      expect(spec).to.include({ username: 'system:node:edge1' });
      expect(spec.groups).to.include('system:nodes');
      const resource = `default/certificatesigningrequest/${metadata.name as string}`;
      expect(contentOf(await ask('query', resource))).to.include({
        kind: 'CertificateSigningRequest',
        apiVersion: 'certificates.k8s.io/v1',
      });
      if (signs) {
        const certificate = await eventually(async () => {
          const { status } = contentOf(await ask('query', resource));
          return status?.certificate as string | undefined;
        }, 'the certificate');
        expect(certificateInfo(Buffer.from(certificate, 'base64').toString()).commonName).to.equal('system:node:edge1');
      }
      expect(await asked('insert', 'default/certificatesigningrequest/named', csrOf('edge1'))).to.equal('ok');
      for (const request of [csrOf('edge2'), csrOf('edge1', 'kubernetes.io/kube-apiserver-client')]) {
        expect(await asked('insert', 'default/certificatesigningrequest/', request)).to.equal('Forbidden');
      }
      const { spec: good } = csrOf('edge1') as { spec: object };
      expect(await asked('insert', 'default/certificatesigningrequest/', { spec: { ...good, request: 'bm8=' } })).to.equal('Invalid');
      const theirs = { metadata: { name: 'theirs' }, spec: (csrOf('edge2') as { spec: object }).spec };
      await cloud.kube.create(RESOURCES.certificateSigningRequest, theirs, undefined, {
        as: { name: 'system:node:edge2', groups: ['system:nodes'] },
      });
      for (const name of ['theirs', 'unheard-of'])
        expect(await asked('query', `default/certificatesigningrequest/${name}`)).to.equal('Forbidden');
    });

    it('the CA of the Kubernetes API', async () => {
      const { content } = await edge.ask({ source: 'metamanager', operation: 'query', resource: 'k8s/ca.crt' });
      expect(content).to.match(/^-----BEGIN CERTIFICATE-----/);
    });

    it('and tells of events of its own Node and pods, which is not answered', async () => {
      const eventOf = (name: string, involved: object, rest: object = {}): object => ({
        metadata: { name, namespace: 'default' },
        involvedObject: involved,
        reason: 'Started',
        message: 'once',
        type: 'Normal',
        count: 1,
        source: { component: 'kubelet', host: 'edge1' },
        ...rest,
      });
      const own = { kind: 'Pod', namespace: 'default', name: 'p' };
      const tell = (operation: string, name: string, content: unknown): Message =>
        edge.tell({ operation, resource: `default/event/${name}` }, content);
      const stored = async (name: string): Promise<Record<string, unknown> | undefined> =>
        (await cloud.kube.list(RESOURCES.event, { namespace: 'default' })).items.find(({ metadata }) => metadata.name === name) as never;
      const before = edge.received.length;
      await cloud.kube.create(RESOURCES.event, eventOf('of-q', { kind: 'Pod', namespace: 'default', name: 'q' }) as KubeObject, 'default');
      tell('insert', 'p.1', eventOf('p.1', own));
      tell('insert', 'node.1', eventOf('node.1', { kind: 'Node', name: 'edge1' }));
      for (const [name, content] of [
        ['q.1', eventOf('q.1', { kind: 'Pod', namespace: 'default', name: 'q' })],
        ['node.2', eventOf('node.2', { kind: 'Node', name: 'edge2' })],
        ['secret.1', eventOf('secret.1', { kind: 'Secret', namespace: 'default', name: 's' })],
        ['host.1', eventOf('host.1', own, { source: { host: 'edge2' } })],
        ['named.1', eventOf('other', own)],
        ['empty.1', null],
      ] as const) {
        tell('insert', name, content);
      }
      await eventually(() => stored('p.1'), 'the event of the pod');
      await eventually(() => stored('node.1'), 'the event of the Node');
      tell('patch', 'p.1', { event: eventOf('p.1', own), patchData: JSON.stringify({ count: 2, involvedObject: { name: 'q' } }) });
      await eventually(async () => (await stored('p.1'))?.['count'] === 2, 'the patch');
      expect(await stored('p.1')).to.have.nested.property('involvedObject.name', 'p');
      tell('update', 'p.1', eventOf('p.1', own, { message: 'again', count: 3 }));
      await eventually(async () => (await stored('p.1'))?.['message'] === 'again', 'the update');
      tell('update', 'of-q', eventOf('of-q', own, { message: 'taken' }));
      tell('patch', 'of-q', { event: eventOf('of-q', own), patchData: '{"message":"taken"}' });
      tell('patch', 'p.1', { event: eventOf('p.1', own), patchData: 'not JSON' });
      tell('patch', 'late.1', { event: eventOf('late.1', own), patchData: '{"count":7}' });
      await eventually(() => stored('late.1'), 'the event that had ended');
      // Everything before has been handled, for the requests of an edge begin in their order.
      await ask('query', 'default/node/edge1');
      expect(await stored('of-q')).to.have.property('message', 'once');
      const names = (await cloud.kube.list(RESOURCES.event, { namespace: 'default' })).items.map(({ metadata }) => metadata.name).sort();
      expect(names).to.deep.equal(['late.1', 'node.1', 'of-q', 'p.1']);
      expect(edge.received.slice(before).filter(({ route }) => route.resource?.includes('/event/'))).to.deep.equal([]);
    });
  });
}

suite('the embedded control plane', async () => {
  const cloud = await startCloud();
  return { cloud, signs: true, stop: () => cloud.stop() };
});

suite('a real Kubernetes API server, with the rights that its manifest gives', async function () {
  needs(this, 'a Kubernetes API server', 'openssl', 'kubectl');
  const api = await startRealApiServer();
  if (api === undefined) throw new Error('KUBEBUILDER_ASSETS is not set');
  const cloud = await startCloud({ kubeconfig: makeCloudAccount(api), adminKubeconfig: api.kubeconfigPath });
  const stop = async (): Promise<void> => {
    await cloud.stop();
    await api.stop();
  };
  return { cloud, signs: false, stop };
});
