import { expect } from 'chai';
import { connect as tlsConnect } from 'node:tls';
import { adminRequest } from '../../src/client/admin-client.ts';
import { KedgeError } from '../../src/kernel/errors.ts';
import { isNotFound } from '../../src/kube/api-error.ts';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import type { KeyPair } from '../../src/pki/key-pair.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import type { CreatedToken, TokenRecord } from '../../src/protocol/admin.ts';
import type { Device, DeviceModel, DeviceStatus } from '../../src/protocol/devices.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { ApiResource, ConfigMap, KubeObject, Node, ObjectSync, Pod } from '../../src/protocol/kubernetes.ts';
import type { Message } from '../../src/protocol/message.ts';
import { eventually } from '../helpers/eventually.ts';
import { needs } from '../helpers/neighbour.ts';
import { makeCloudAccount } from '../helpers/cloud-account.ts';
import { startRealApiServer } from '../helpers/real-apiserver.ts';
import { TestEdge, startCloud } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into contents as they like
const contentOf = (message: Message): any => message.content;

const nodeObject = (name: string): Node => ({
  metadata: { name, labels: { 'kubernetes.io/hostname': name, 'node-role.kubernetes.io/edge': '', 'node-role.kubernetes.io/agent': '' } },
  spec: {},
  status: { capacity: { cpu: '2', memory: '1Gi', pods: '110' }, allocatable: { cpu: '2', memory: '1Gi', pods: '110' } },
});

const podObject = (name: string, nodeName: string, extra: object = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: {
    nodeName,
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    containers: [{ name: 'c', image: 'busybox', ...extra }],
  },
});

const modelObject = (name: string): DeviceModel => ({
  apiVersion: 'devices.kubeedge.io/v1beta1',
  kind: 'DeviceModel',
  metadata: { name, namespace: 'default' },
  spec: { properties: [{ name: 'temperature', type: 'INT', accessMode: 'ReadWrite' }] },
});

const deviceObject = (name: string, nodeName: string, model: string): Device => ({
  apiVersion: 'devices.kubeedge.io/v1beta1',
  kind: 'Device',
  metadata: { name, namespace: 'default', labels: { description: 'bench-sensor' } },
  spec: { deviceModelRef: { name: model }, nodeName, properties: [{ name: 'temperature', desired: { value: '20' } }] },
});

function suite(title: string, before_: (this: Mocha.Context) => Promise<{ cloud: TestCloud; stop: () => Promise<void> }>): void {
  describe(title, function () {
    this.timeout(60_000);
    let cloud: TestCloud;
    let stop = (): Promise<void> => Promise.resolve();
    const edges: TestEdge[] = [];
    const connect = async (nodeName: string, dial: { pair?: KeyPair; headers?: Record<string, string> } = {}): Promise<TestEdge> => {
      const edge = await TestEdge.connect(cloud, nodeName, dial);
      edges.push(edge);
      return edge;
    };
    const syncOf = async (nodeName: string, object: KubeObject): Promise<string | undefined> => {
      const name = `${nodeName}.${object.metadata.uid ?? ''}`;
      const sync = await cloud.kube.get<ObjectSync>(RESOURCES.objectSync, name, 'default');
      return sync.status?.objectResourceVersion;
    };
    const gone = async (resource: ApiResource, name: string): Promise<boolean> => {
      try {
        await cloud.kube.get(resource, name, 'default');
        return false;
      } catch (error) {
        if (isNotFound(error)) return true;
        throw error;
      }
    };
    const refusalOf = async (nodeName: string, dial: { pair?: KeyPair; headers?: Record<string, string> }): Promise<KedgeError> => {
      try {
        await connect(nodeName, dial);
      } catch (error) {
        if (error instanceof KedgeError) return error;
        throw error;
      }
      throw new Error('was not refused');
    };

    before(async function () {
      ({ cloud, stop } = await before_.call(this));
    });
    afterEach(async () => {
      for (const edge of edges.splice(0)) await edge.disconnect();
    });
    after(() => stop());

    it('lets in only the node that the certificate names', async () => {
      const own = (commonName: string, organizations = ['system:nodes']): KeyPair =>
        issueKeyPair({ ca: cloud.ca, profile: PROFILES.edgeClient, subject: { commonName, organizations } });
      const other = await refusalOf('edge-a', { pair: cloud.edgePair('edge-b') });
      expect(other.code).to.equal('AUTH');
      expect(other.message).to.contain('403').and.to.contain('not that of node edge-a');
      expect((await refusalOf('edge-a', { pair: own('system:node:edge-a', ['other']) })).message).to.contain('403');
      expect((await refusalOf('edge-a', { pair: own('kubeedge.io', ['KubeEdge']) })).message).to.contain('names no node');
      expect((await refusalOf('Edge_A', { pair: own('system:node:Edge_A') })).message).to.contain('node_id');
      expect((await refusalOf('edge-a', { headers: { ConnectionUse: 'str' } })).message).to.contain('ConnectionUse');
      expect((await refusalOf('edge-a', { headers: { Origin: 'https://evil.example' } })).message).to.contain('403');
      const stranger = issueKeyPair({
        ca: createCa(PROFILES.ca),
        profile: PROFILES.edgeClient,
        subject: { commonName: 'system:node:edge-a', organizations: ['system:nodes'] },
      });
      expect((await refusalOf('edge-a', { pair: stranger })).code).to.be.oneOf(['CERTIFICATE', 'UNREACHABLE']);
      expect((await cloud.status()).modules.find(({ name }) => name === 'cloudhub')?.facts).to.include({ sessions: 0 });
    });

    it('refuses a connection without a certificate and TLS before 1.2', async () => {
      const attempt = (maxVersion: 'TLSv1.1' | 'TLSv1.3'): Promise<string> =>
        new Promise((resolve) => {
          const minVersion = maxVersion === 'TLSv1.1' ? 'TLSv1.1' : 'TLSv1.2';
          const socket = tlsConnect({ port: cloud.websocketPort, host: '127.0.0.1', rejectUnauthorized: false, minVersion, maxVersion });
          socket.on('error', (error: Error) => resolve(error.message));
          socket.on('close', () => resolve('closed'));
          socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
          socket.on('data', (data: Buffer) => resolve(data.toString()));
        });
      expect(await attempt('TLSv1.1')).not.to.contain('HTTP/1.1');
      expect(await attempt('TLSv1.3')).not.to.contain('HTTP/1.1');
    });

    it('registers a node as an edgecore does', async () => {
      const edge = await connect('edge-1');
      const missing = await edge.ask({ operation: 'query', resource: 'default/node/edge-1' });
      expect(missing.route).to.deep.equal({
        source: 'edgecontroller',
        group: 'resource',
        operation: 'response',
        resource: 'default/node/edge-1',
      });
      expect(contentOf(missing).ErrStatus).to.include({ status: 'Failure', reason: 'NotFound', code: 404 });

      const inserted = contentOf(await edge.ask({ operation: 'insert', resource: 'default/node/edge-1' }, nodeObject('edge-1')));
      expect(inserted).to.have.all.keys('Object', 'Err');
      expect(inserted.Err).to.equal(null);
      expect(inserted.Object.metadata).to.include({ name: 'edge-1' });
      expect(inserted.Object.metadata.annotations.cloudcore).to.equal('127.0.0.1');
      const again = contentOf(await edge.ask({ operation: 'insert', resource: 'default/node/edge-1' }, nodeObject('edge-1')));
      expect(again.Object).to.equal(null);
      expect(again.Err.ErrStatus).to.include({ reason: 'AlreadyExists', code: 409 });

      const patch = JSON.stringify({ status: { conditions: [{ type: 'Ready', status: 'True', reason: 'EdgeReady' }] } });
      const patched = await edge.ask({ operation: 'patch', resource: 'default/nodepatch/edge-1' }, patch);
      expect(contentOf(patched).Err).to.equal(null);
      expect(patched.header.resourceversion).to.equal(contentOf(patched).Object.metadata.resourceVersion);
      const labelled = { metadata: { name: 'edge-1', labels: { zone: 'north' } } };
      expect(contentOf(await edge.ask({ operation: 'update', resource: 'default/node/edge-1' }, labelled))).to.equal('OK');
      const found = await edge.ask({ operation: 'query', resource: 'default/node/edge-1' });
      expect(contentOf(found)).to.include({ kind: 'Node', apiVersion: 'v1' });
      expect(contentOf(found).metadata.labels).to.include({ zone: 'north', 'node-role.kubernetes.io/edge': '' });
      const { conditions } = (found.content as Node).status ?? {};
      expect(conditions?.find(({ type }) => type === 'Ready')?.status).to.equal('True');
    });

    it('keeps the lease of a node', async () => {
      const edge = await connect('edge-1');
      const resource = 'kube-node-lease/lease/edge-1';
      const missing = contentOf(await edge.ask({ operation: 'query', resource }));
      expect(missing.Object).to.equal(null);
      expect(missing.Err.ErrStatus).to.include({ reason: 'NotFound', code: 404 });
      const lease = {
        metadata: { name: 'edge-1', namespace: 'kube-node-lease' },
        spec: { holderIdentity: 'edge-1', leaseDurationSeconds: 40, renewTime: '2026-11-21T02:10:52.410836Z' },
      };
      const { Object: made, Err } = contentOf(await edge.ask({ operation: 'insert', resource }, lease));
      expect(Err).to.equal(null);
      const renewed = { ...made, spec: { ...made.spec, renewTime: '2026-11-21T02:11:02.715076Z' } };
      const answer = contentOf(await edge.ask({ operation: 'update', resource }, renewed));
      expect(answer.Err).to.equal(null);
      expect(answer.Object.spec.renewTime).to.contain('02:11:02.715076');
    });

    it("refuses what is another node's", async () => {
      await cloud.kube.create(RESOURCES.pod, podObject('theirs', 'edge-9'), 'default');
      const edge = await connect('edge-2');
      const forbidden = { reason: 'Forbidden', code: 403 };
      const errors = [
        contentOf(await edge.ask({ operation: 'query', resource: 'default/node/edge-1' })),
        contentOf(await edge.ask({ operation: 'update', resource: 'default/node/edge-1' }, nodeObject('edge-1'))),
        contentOf(await edge.ask({ operation: 'insert', resource: 'default/node/edge-7' }, nodeObject('edge-7'))).Err,
        contentOf(await edge.ask({ operation: 'patch', resource: 'default/nodepatch/edge-1' }, '{}')).Err,
        contentOf(await edge.ask({ operation: 'query', resource: 'kube-node-lease/lease/edge-1' })).Err,
        contentOf(await edge.ask({ operation: 'query', resource: 'default/lease/edge-2' })).Err,
        contentOf(await edge.ask({ operation: 'patch', resource: 'default/podpatch/theirs' }, '{"status":{"phase":"Failed"}}')).Err,
        contentOf(await edge.ask({ operation: 'delete', resource: 'default/pod/theirs' }, {})),
        contentOf(await edge.ask({ operation: 'query', resource: 'kubeedge/secret/casecret' })),
      ];
      for (const { ErrStatus } of errors) expect(ErrStatus).to.include(forbidden);
      const unknown = contentOf(await edge.ask({ operation: 'query', resource: 'default/service/x' }));
      expect(unknown.ErrStatus).to.include({ reason: 'NotFound' });
      await cloud.kube.delete(RESOURCES.pod, 'theirs', 'default', { gracePeriodSeconds: 0 });
    });

    it('takes a pod through its life', async () => {
      const edge = await connect('edge-1');
      const pod = await cloud.kube.create(RESOURCES.pod, podObject('web', 'edge-1'), 'default');
      const insert = await edge.pushed('insert', 'default/pod/web');
      expect(insert.route).to.deep.equal({ source: 'edgecontroller', group: 'resource', operation: 'insert', resource: 'default/pod/web' });
      expect(insert.header.resourceversion).to.equal(contentOf(insert).metadata.resourceVersion);
      expect(contentOf(insert)).to.include({ kind: 'Pod', apiVersion: 'v1' });
      expect(contentOf(insert).metadata).not.to.have.property('managedFields');
      await eventually(async () => (await syncOf('edge-1', pod)) === insert.header.resourceversion, 'the ObjectSync');

      const status = { metadata: { uid: pod.metadata.uid }, status: { phase: 'Running', hostIP: '127.0.0.1' } };
      const patched = await edge.ask({ operation: 'patch', resource: 'default/podpatch/web' }, JSON.stringify(status));
      expect(contentOf(patched).Err).to.equal(null);
      expect(contentOf(patched).Object.status.phase).to.equal('Running');
      const stranger = JSON.stringify({ metadata: { uid: '11111111-1111-1111-1111-111111111111' }, status: { phase: 'Failed' } });
      const refused = await edge.ask({ operation: 'patch', resource: 'default/podpatch/web' }, stranger);
      expect(contentOf(refused).Err.ErrStatus.code).to.be.oneOf([409, 422]);

      const since = edge.received.length;
      await cloud.kube.patch(RESOURCES.pod, { name: 'web', namespace: 'default' }, { metadata: { labels: { a: 'b' } } }, 'merge');
      const update = await edge.pushed('update', 'default/pod/web', since);
      expect(contentOf(update).metadata.labels).to.deep.equal({ a: 'b' });
      // The status alone has not travelled: the only push since is that of the label.
      expect(edge.pushes(since)).to.deep.equal(['update default/pod/web']);

      const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } };
      expect(contentOf(await edge.ask({ operation: 'delete', resource: 'default/pod/web' }, options))).to.equal('OK');
      expect(contentOf(await edge.ask({ operation: 'delete', resource: 'default/pod/web' }, pod.metadata.uid))).to.equal('OK');
      await edge.pushed('delete', 'default/pod/web');
      await eventually(() => gone(RESOURCES.objectSync, `edge-1.${pod.metadata.uid ?? ''}`), 'the end of the ObjectSync');
    });

    it('gives a node the ConfigMaps and Secrets of its pods, and their changes', async () => {
      const edge = await connect('edge-1');
      const configMap = (name: string): ConfigMap => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'default' },
        data: { hello: 'world' },
      });
      await cloud.kube.create(RESOURCES.configMap, configMap('mine'), 'default');
      await cloud.kube.create(RESOURCES.configMap, configMap('other'), 'default');
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'pw', namespace: 'default' }, data: { pw: 'czNjcmV0' } };
      await cloud.kube.create(RESOURCES.secret, secret, 'default');
      const envFrom = [{ configMapRef: { name: 'mine' } }, { secretRef: { name: 'pw' } }];
      await cloud.kube.create(RESOURCES.pod, podObject('reader', 'edge-1', { envFrom }), 'default');
      await edge.pushed('insert', 'default/pod/reader');

      const mine = await edge.ask({ operation: 'query', resource: 'default/configmap/mine' });
      expect(contentOf(mine)).to.include({ kind: 'ConfigMap', apiVersion: 'v1' });
      expect(contentOf(mine).data).to.deep.equal({ hello: 'world' });
      expect(mine.header.resourceversion).to.equal(contentOf(mine).metadata.resourceVersion);
      const pw = await edge.ask({ operation: 'query', resource: 'default/secret/pw' });
      expect(contentOf(pw).data).to.deep.equal({ pw: 'czNjcmV0' });
      expect(contentOf(await edge.ask({ operation: 'query', resource: 'default/configmap/other' })).ErrStatus.reason).to.equal('Forbidden');

      const since = edge.received.length;
      await cloud.kube.patch(RESOURCES.configMap, { name: 'mine', namespace: 'default' }, { data: { hello: 'you' } }, 'merge');
      await cloud.kube.patch(RESOURCES.configMap, { name: 'other', namespace: 'default' }, { data: { hello: 'you' } }, 'merge');
      await cloud.kube.patch(RESOURCES.secret, { name: 'pw', namespace: 'default' }, { data: { pw: 'bmV3' } }, 'merge');
      expect(contentOf(await edge.pushed('update', 'default/configmap/mine', since)).data).to.deep.equal({ hello: 'you' });
      expect(contentOf(await edge.pushed('update', 'default/secret/pw', since)).data).to.deep.equal({ pw: 'bmV3' });
      expect(edge.received.some(({ route }) => route.resource === 'default/configmap/other' && route.operation !== 'response')).to.equal(
        false,
      );
      await cloud.kube.delete(RESOURCES.configMap, 'mine', 'default');
      await edge.pushed('delete', 'default/configmap/mine');
      for (const name of ['reader']) await cloud.kube.delete(RESOURCES.pod, name, 'default', { gracePeriodSeconds: 0 });
      await cloud.kube.delete(RESOURCES.configMap, 'other', 'default');
      await cloud.kube.delete(RESOURCES.secret, 'pw', 'default');
      // With its pod the node loses the right to the secret, and the secret.
      await edge.pushed('delete', 'default/pod/reader');
      await edge.pushed('delete', 'default/secret/pw');
    });

    it('brings devices down and their reports up', async () => {
      const edge = await connect('edge-1');
      await cloud.kube.create(RESOURCES.deviceModel, modelObject('thermo'), 'default');
      const device = await cloud.kube.create(RESOURCES.device, deviceObject('sensor', 'edge-1', 'thermo'), 'default');
      await edge.pushed('insert', 'default/device/sensor');
      const membership = await edge.pushed('update', 'membership');
      expect(membership.route).to.deep.equal({ source: 'devicecontroller', group: 'twin', operation: 'update', resource: 'membership' });
      expect(contentOf(membership)).to.have.all.keys('event_id', 'timestamp', 'added_devices', 'removed_devices');
      expect(contentOf(membership).added_devices).to.deep.equal([
        { id: 'default/sensor', name: 'sensor', description: 'bench-sensor', twin: {} },
      ]);
      expect(edge.pushes()).to.deep.equal(['insert default/devicemodel/thermo', 'update membership', 'insert default/device/sensor']);
      await eventually(async () => (await syncOf('edge-1', device)) === device.metadata.resourceVersion, 'the ObjectSync');

      const since = edge.received.length;
      const twin = (value: string): object => ({
        temperature: {
          actual: { value, metadata: { timestamp: 1795227102289 } },
          optional: true,
          metadata: { type: 'int' },
          actual_version: { cloud: 0, edge: 1 },
        },
        unknown: { actual: { value: 'x' }, metadata: { type: 'string' } },
      });
      const report = (value: string): Promise<Message> =>
        edge.ask(
          { source: 'twin', group: 'resource', operation: 'update', resource: 'device/default/sensor/twin/edge_updated' },
          { event_id: 'e', timestamp: 1795227102291, twin: twin(value) },
        );
      const confirm = await report('25');
      expect(confirm.route).to.deep.equal({ source: 'devicecontroller', group: 'twin', operation: 'response', resource: 'twin' });
      expect(confirm.content).to.equal('OK');
      const status = await cloud.kube.get<DeviceStatus>(RESOURCES.deviceStatus, 'sensor', 'default');
      const twins = [{ propertyName: 'temperature', reported: { value: '25', metadata: { timestamp: '1795227102289', type: 'int' } } }];
      expect(status.status?.twins).to.deep.equal(twins);
      expect(status.metadata.ownerReferences?.[0]).to.include({ kind: 'Device', name: 'sensor', uid: device.metadata.uid });
      expect((await cloud.kube.get<Device>(RESOURCES.device, 'sensor', 'default')).status?.twins).to.deep.equal(twins);

      const burst = await Promise.all(['26', '27', '28', '29'].map(report));
      expect(burst.map(({ content }) => content)).to.deep.equal(['OK', 'OK', 'OK', 'OK']);
      const after = await cloud.kube.get<DeviceStatus>(RESOURCES.deviceStatus, 'sensor', 'default');
      expect(after.status?.twins?.[0]?.reported?.value).to.equal('29');

      const state = JSON.stringify({
        event_id: 'e',
        timestamp: 1,
        device: { name: 'sensor', state: 'online', lastOnlineTime: '2026-11-21T02:11:59Z' },
      });
      const stateRoute = { source: 'twin', group: 'resource', operation: 'update', resource: 'device/default/sensor/state/update' };
      expect((await edge.ask(stateRoute, state)).content).to.equal('OK');
      const online = await cloud.kube.get<DeviceStatus>(RESOURCES.deviceStatus, 'sensor', 'default');
      expect(online.status).to.include({ state: 'online', lastOnlineTime: '2026-11-21T02:11:59Z' });
      expect(online.status?.twins?.[0]?.reported?.value).to.equal('29');

      const desired = [{ name: 'temperature', desired: { value: '22' } }];
      await cloud.kube.patch(RESOURCES.device, { name: 'sensor', namespace: 'default' }, { spec: { properties: desired } }, 'merge');
      const update = await edge.pushed('update', 'default/device/sensor', since);
      expect(contentOf(update).spec.properties).to.deep.equal(desired);
      // Nothing but the changed spec came down: reports move no ObjectSync.
      expect(edge.pushes(since)).to.deep.equal(['update default/device/sensor']);
      await eventually(async () => (await syncOf('edge-1', device)) === update.header.resourceversion, 'the ObjectSync');

      const before = edge.received.length;
      await cloud.kube.delete(RESOURCES.device, 'sensor', 'default');
      await edge.pushed('delete', 'default/device/sensor', before);
      expect(edge.pushes(before)).to.deep.equal(['update membership', 'delete default/devicemodel/thermo', 'delete default/device/sensor']);
      expect(contentOf(await edge.pushed('update', 'membership', before)).removed_devices).to.deep.equal([
        { id: 'default/sensor', name: 'sensor', description: 'bench-sensor' },
      ]);
      expect((await report('30')).content).to.equal('OK');
      await eventually(() => gone(RESOURCES.deviceStatus, 'sensor'), 'the end of the DeviceStatus');
      await cloud.kube.delete(RESOURCES.deviceModel, 'thermo', 'default');
    });

    it("confirms nothing about another node's device", async () => {
      await cloud.kube.create(RESOURCES.device, deviceObject('foreign', 'edge-9', 'none'), 'default');
      const edge = await connect('edge-1');
      const foreign = edge.tell(
        { source: 'twin', group: 'resource', operation: 'update', resource: 'device/default/foreign/twin/edge_updated' },
        { event_id: '', timestamp: 1, twin: { temperature: { actual: { value: '1' } } } },
      );
      await edge.ask({ operation: 'query', resource: 'default/node/edge-1' });
      expect(edge.received.some(({ header }) => header.parent_msg_id === foreign.header.msg_id)).to.equal(false);
      expect(await gone(RESOURCES.deviceStatus, 'foreign')).to.equal(true);
      await cloud.kube.delete(RESOURCES.device, 'foreign', 'default');
    });

    it('makes up for what happened while the edge was away, also over a restart of the cloud', async () => {
      const edge = await connect('edge-3');
      await edge.ask({ operation: 'insert', resource: 'default/node/edge-3' }, nodeObject('edge-3'));
      await cloud.kube.create(RESOURCES.deviceModel, modelObject('m3'), 'default');
      const [kept, lost] = [
        await cloud.kube.create(RESOURCES.device, deviceObject('kept', 'edge-3', 'm3'), 'default'),
        await cloud.kube.create(RESOURCES.device, deviceObject('lost', 'edge-3', 'm3'), 'default'),
      ];
      for (const device of [kept, lost]) {
        await eventually(async () => (await syncOf('edge-3', device)) === device.metadata.resourceVersion, 'the ObjectSync');
      }
      await edge.disconnect();
      await cloud.kube.delete(RESOURCES.device, 'lost', 'default');
      await cloud.restart();
      const patch = { spec: { properties: [{ name: 'temperature', desired: { value: '33' } }] } };
      await cloud.kube.patch(RESOURCES.device, { name: 'kept', namespace: 'default' }, patch, 'merge');
      const since = edge.received.length;
      await edge.connect(cloud);
      expect(contentOf(await edge.pushed('update', 'default/device/kept', since)).spec.properties).to.deep.equal(patch.spec.properties);
      const deletion = await edge.pushed('delete', 'default/device/lost', since);
      expect(contentOf(deletion)).to.deep.equal({
        apiVersion: 'devices.kubeedge.io/v1beta1',
        kind: 'Device',
        metadata: { name: 'lost', namespace: 'default', uid: lost.metadata.uid },
      });
      await eventually(
        () =>
          edge.received
            .slice(since)
            .find(
              ({ content, route }) =>
                route.resource === 'membership' && JSON.stringify(content).includes('"removed_devices":[{"id":"default/lost"'),
            ),
        'the removal from membership',
      );
      await eventually(() => gone(RESOURCES.objectSync, `edge-3.${lost.metadata.uid ?? ''}`), 'the end of the ObjectSync');
      // The model had been acknowledged before the restart and has not changed.
      expect(edge.pushes(since)).not.to.include('insert default/devicemodel/m3');
      expect(edge.pushes(since)).not.to.include('update default/devicemodel/m3');
    });

    it('gives everything again to a node whose Node was deleted', async () => {
      const edge = await connect('edge-3');
      await edge.ask({ operation: 'query', resource: 'default/node/edge-3' });
      await cloud.kube.delete(RESOURCES.node, 'edge-3');
      expect(await edge.closed).to.contain('the Node was deleted');
      const since = edge.received.length;
      await edge.connect(cloud);
      await edge.ask({ operation: 'insert', resource: 'default/node/edge-3' }, nodeObject('edge-3'));
      await edge.pushed('insert', 'default/device/kept', since);
      await edge.pushed('insert', 'default/devicemodel/m3', since);
      await cloud.kube.delete(RESOURCES.device, 'kept', 'default');
      await cloud.kube.delete(RESOURCES.deviceModel, 'm3', 'default');
    });

    it('keeps one session per node, the newest', async () => {
      const first = await connect('edge-4');
      const second = await connect('edge-4');
      expect(await first.closed).to.contain('replaced');
      const { content } = await second.ask({ operation: 'query', resource: 'default/node/edge-4' });
      expect(content).to.have.property('ErrStatus');
      const hub = (await cloud.status()).modules.find(({ name }) => name === 'cloudhub');
      expect(hub?.facts).to.include({ sessions: 1, port: cloud.websocketPort });
    });

    it('answers controls, gives out the CA of the Kubernetes API, and outlives nonsense', async () => {
      const edge = await connect('edge-4');
      expect((await edge.ask({ operation: 'ping', resource: 'x' })).content).to.equal('ack');
      const ca = await edge.ask({ source: 'metamanager', operation: 'query', resource: 'k8s/ca.crt' });
      expect(ca.route).to.deep.equal({ source: 'cloudhub', group: 'resource', operation: 'response', resource: 'k8s/ca.crt' });
      expect(ca.content).to.match(/^-----BEGIN CERTIFICATE-----/);
      edge.sendText('{"header":1}\n');
      edge.sendText('{"header":{"msg_id":"","timestamp":0},"route":{},"content":null}\n');
      edge.tell({ operation: 'update', resource: 'default/podstatus' }, 'not JSON');
      expect((await edge.ask({ operation: 'ping', resource: 'x' })).content).to.equal('ack');
      for (let count = 0; count < 20; count++) edge.sendText('nonsense');
      expect(await edge.closed).to.contain('malformed');
    });

    it('tells its state and manages tokens on its admin socket', async () => {
      const status = await cloud.status();
      expect(status).to.include({ role: 'cloud', ready: true, pid: process.pid });
      expect(status.modules.map(({ state }) => state)).to.satisfy((states: string[]) => states.every((state) => state === 'ok'));
      const { socket } = cloud.paths;
      const created = await adminRequest<CreatedToken>(socket, 'POST', '/tokens', { ttlSeconds: 600, uses: 1, nodeName: 'edge-5' });
      expect(created.token.split('.')).to.have.length(4);
      const listed = await adminRequest<TokenRecord[]>(socket, 'GET', '/tokens');
      expect(listed.map(({ id }) => id)).to.include(created.id);
      expect(JSON.stringify(listed)).not.to.contain(created.token);
      await adminRequest(socket, 'DELETE', `/tokens/${created.id}`);
      expect((await adminRequest<TokenRecord[]>(socket, 'GET', '/tokens')).map(({ id }) => id)).not.to.include(created.id);
      for (const body of [{}, { ttlSeconds: 'x', uses: 1 }, { ttlSeconds: 600, uses: 1, more: true }]) {
        const error: unknown = await adminRequest(socket, 'POST', '/tokens', body).catch((failure: unknown) => failure);
        expect(error).to.be.instanceOf(KedgeError).with.property('code', 'INVALID_INPUT');
      }
    });
  });
}

suite('cloud daemon on the embedded control plane', async () => {
  const cloud = await startCloud();
  return { cloud, stop: () => cloud.stop() };
});

suite('cloud daemon on a real Kubernetes API server, with the rights that its manifest gives', async function () {
  needs(this, 'a Kubernetes API server', 'openssl', 'kubectl');
  const api = await startRealApiServer();
  if (api === undefined) throw new Error('KUBEBUILDER_ASSETS is not set');
  const cloud = await startCloud({ kubeconfig: makeCloudAccount(api), adminKubeconfig: api.kubeconfigPath });
  const stop = async (): Promise<void> => {
    await cloud.stop();
    await api.stop();
  };
  return { cloud, stop };
});

describe('a cloud daemon with a short keepalive', () => {
  it('drops a node that falls silent', async () => {
    const cloud = await startCloud({ keepaliveIntervalSeconds: 1 });
    try {
      const edge = await TestEdge.connect(cloud, 'edge-1');
      const beat = setInterval(
        () => edge.tell({ source: 'websocket', group: 'resource', operation: 'keepalive', resource: 'node' }, 'ping'),
        200,
      );
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(edge.received).to.deep.equal([]);
      const start = Date.now();
      clearInterval(beat);
      expect(await edge.closed).to.contain('no keepalive');
      expect(Date.now() - start).to.be.within(500, 15_000);
      await edge.disconnect();
    } finally {
      await cloud.stop();
    }
  });
});
