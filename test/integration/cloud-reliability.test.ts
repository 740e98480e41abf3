import { expect } from 'chai';
import { adminRequest } from '../../src/client/admin-client.ts';
import { PodRequests } from '../../src/daemons/cloud/edgecontroller/pod-requests.ts';
import type { UpstreamRequest } from '../../src/daemons/cloud/edgecontroller/upstream-request.ts';
import { StatusWriter } from '../../src/daemons/cloud/devicecontroller/status-writer.ts';
import { ApiError } from '../../src/kube/api-error.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { createCsr } from '../../src/pki/csr.ts';
import { splitToken } from '../../src/pki/join-token.ts';
import { createKeyPem } from '../../src/pki/key-pair.ts';
import type { KeyPair } from '../../src/pki/key-pair.ts';
import { derToPem } from '../../src/pki/pem.ts';
import type { CreatedToken, TokenRequest } from '../../src/protocol/admin.ts';
import type { Device, DeviceModel, DeviceStatus } from '../../src/protocol/devices.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { ApiResource, ObjectSync, Pod } from '../../src/protocol/kubernetes.ts';
import { newMessage } from '../../src/protocol/message.ts';
import { WINDOW_HEADER } from '../../src/protocol/window.ts';
import type { Message } from '../../src/protocol/message.ts';
import { startControlPlane } from '../helpers/control-plane.ts';
import type { TestControlPlane } from '../helpers/control-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { httpsRequest } from '../helpers/https-request.ts';
import { TestEdge, startCloud } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';

describe('a cloud daemon whose Kubernetes API comes and goes', function () {
  this.timeout(60_000);
  let api: TestControlPlane;
  let cloud: TestCloud;
  let kube: KubeClient;

  before(async () => {
    api = await startControlPlane();
    cloud = await startCloud({ kubeconfig: api.kubeconfigPath });
    ({ kube } = cloud);
  });
  after(async () => {
    await cloud.stop();
    await api.stop();
  });

  const createDevice = (name: string): Promise<Device> =>
    kube.create<Device>(
      RESOURCES.device,
      { metadata: { name, namespace: 'default' }, spec: { nodeName: 'edge-1', properties: [{ name: 'temperature' }] } },
      'default',
    );
  const report = (edge: TestEdge, device: string, value: string): Message =>
    edge.tell(
      { source: 'twin', group: 'resource', operation: 'update', resource: `device/default/${device}/twin/edge_updated` },
      { event_id: '', timestamp: 1, twin: { temperature: { actual: { value, metadata: { timestamp: 1 } }, metadata: { type: 'int' } } } },
    );
  const reported = async (name: string): Promise<(string | undefined)[]> => {
    const status = await kube.get<DeviceStatus>(RESOURCES.deviceStatus, name, 'default');
    const device = await kube.get<Device>(RESOURCES.device, name, 'default');
    return [status, device].map((object) => object.status?.twins?.[0]?.reported?.value);
  };
  const isConfirmed = (edge: TestEdge, { header }: Message): boolean =>
    edge.received.some(({ header: { parent_msg_id: parent } }) => parent === header.msg_id);

  it('confirms every report in the end, and the newest value stays', async () => {
    await createDevice('lamp');
    const edge = await TestEdge.connect(cloud, 'edge-1');
    await edge.pushed('insert', 'default/device/lamp');
    const sent: Message[] = [];
    const restarted = api.restart();
    const outage = { over: false };
    void restarted.finally(() => (outage.over = true));
    for (let value = 1; !outage.over; value++) {
      sent.push(report(edge, 'lamp', String(value)));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await restarted;
    const last = report(edge, 'lamp', '9999');
    sent.push(last);
    await eventually(() => sent.every((message) => isConfirmed(edge, message)), 'all confirmations', 30_000);
    expect(await reported('lamp')).to.deep.equal(['9999', '9999']);
    // A repetition of an old report is confirmed again and changes nothing.
    const [first] = sent;
    const before = edge.received.length;
    edge.sendText(`${JSON.stringify(first)}\n`);
    await eventually(
      () => edge.received.slice(before).some(({ header }) => header.parent_msg_id === first?.header.msg_id),
      'the confirmation',
    );
    expect(await reported('lamp')).to.deep.equal(['9999', '9999']);
    await edge.disconnect();
  });

  it('follows the API again after its restart', async () => {
    const edge = await TestEdge.connect(cloud, 'edge-1');
    await api.restart();
    await createDevice('fan');
    await edge.pushed('insert', 'default/device/fan');
    await edge.disconnect();
  });

  it('takes away what an edge may have got without the cloud ever hearing of it', async () => {
    const edge = await TestEdge.connect(cloud, 'edge-1');
    edge.acknowledges = false;
    const since = edge.received.length;
    const { metadata } = await createDevice('ghost');
    await edge.pushed('insert', 'default/device/ghost', since);
    await edge.disconnect();
    await kube.delete(RESOURCES.device, 'ghost', 'default');
    await cloud.restart();
    edge.acknowledges = true;
    const again = edge.received.length;
    await edge.connect(cloud);
    const deletion = await edge.pushed('delete', 'default/device/ghost', again);
    // With its kind: without it KubeEdge's MetaServer goes on serving the object.
    const kind = { apiVersion: 'devices.kubeedge.io/v1beta1', kind: 'Device' };
    expect(deletion.content).to.deep.equal({ ...kind, metadata: { name: 'ghost', namespace: 'default', uid: metadata.uid } });
    await edge.disconnect();
  });

  it('sends what was not acknowledged again after a reconnect', async () => {
    const edge = await TestEdge.connect(cloud, 'edge-1');
    edge.acknowledges = false;
    const since = edge.received.length;
    await createDevice('slow');
    await edge.pushed('insert', 'default/device/slow', since);
    await edge.disconnect();
    edge.acknowledges = true;
    const again = edge.received.length;
    await edge.connect(cloud);
    await edge.pushed('insert', 'default/device/slow', again);
    await edge.disconnect();
  });

  it('sends a model again whose deletion an edge has acknowledged without being heard', async () => {
    const model = { metadata: { name: 'shared', namespace: 'default' }, spec: { properties: [] } };
    await kube.create<DeviceModel>(RESOURCES.deviceModel, model, 'default');
    const create = (name: string): Promise<Device> => {
      const spec = { nodeName: 'edge-1', deviceModelRef: { name: 'shared' }, properties: [] };
      return kube.create<Device>(RESOURCES.device, { metadata: { name, namespace: 'default' }, spec }, 'default');
    };
    const edge = await TestEdge.connect(cloud, 'edge-1');
    await create('first');
    const { header } = await edge.pushed('insert', 'default/devicemodel/shared');
    await eventually(async () => {
      const { items } = await kube.list<ObjectSync>(RESOURCES.objectSync, { namespace: 'default' });
      return items.some(({ spec, status }) => spec.objectName === 'shared' && status?.objectResourceVersion === header.resourceversion);
    }, 'the record of the model');
    edge.acknowledges = false;
    await kube.delete(RESOURCES.device, 'first', 'default');
    await edge.pushed('delete', 'default/devicemodel/shared');
    await edge.disconnect();
    await create('second');
    for (const restarts of [false, true]) {
      if (restarts) await cloud.restart();
      const since = edge.received.length;
      edge.acknowledges = restarts;
      // The deletion of the first device is not acknowledged either, and must not be waited for.
      await edge.connect(cloud, { headers: { [WINDOW_HEADER]: '16' } });
      await edge.pushed('insert', 'default/devicemodel/shared', since);
      await edge.disconnect();
    }
  });

  it('drops a report that the API does not want, says so, confirms others, and takes it once it may', async () => {
    const crd = { name: 'devicestatuses.devices.kubeedge.io' };
    const path = '/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/twins/maxItems';
    const stateOf = async (): Promise<string> => {
      const module = (await cloud.status()).modules.find(({ name }) => name.toLowerCase() === 'devicecontroller');
      return `${module?.state ?? ''} ${module?.detail ?? ''}`;
    };
    await createDevice('picky');
    await kube.patch(RESOURCES.crd, crd, [{ op: 'add', path, value: 0 }], 'json');
    const edge = await TestEdge.connect(cloud, 'edge-1');
    const refused = report(edge, 'picky', '1');
    await eventually(async () => (await stateOf()).startsWith('degraded'), 'the trouble in the status');
    expect(await stateOf())
      .to.contain('reports of devices cannot be stored')
      .and.contain('picky');
    // Who is away has nothing that is refused; who is back is refused again.
    await edge.disconnect();
    await eventually(async () => (await stateOf()) === 'ok ', 'an end of the trouble');
    await edge.connect(cloud);
    edge.sendText(`${JSON.stringify(refused)}\n`);
    await eventually(async () => (await stateOf()).startsWith('degraded'), 'the trouble again');
    await kube.patch(RESOURCES.crd, crd, [{ op: 'remove', path }], 'json');
    const other = report(edge, 'lamp', '7');
    await eventually(() => isConfirmed(edge, other), 'the confirmation of the other device');
    expect(isConfirmed(edge, refused)).to.equal(false);
    edge.sendText(`${JSON.stringify(refused)}\n`);
    await eventually(() => isConfirmed(edge, refused), 'the confirmation of what is sent again');
    expect(await reported('picky')).to.deep.equal(['1', '1']);
    expect(await stateOf()).to.equal('ok ');
    await edge.disconnect();
  });

  it('takes a device away that an edge still reports, though no record is left', async () => {
    const edge = await TestEdge.connect(cloud, 'edge-1');
    const message = report(edge, 'phantom', '1');
    const deletion = await edge.pushed('delete', 'default/device/phantom');
    const kind = { apiVersion: 'devices.kubeedge.io/v1beta1', kind: 'Device' };
    expect(deletion.content).to.deep.equal({ ...kind, metadata: { name: 'phantom', namespace: 'default' } });
    await edge.next(({ route, content }) => {
      const removed = (content as { removed_devices?: { id: string }[] | null } | null)?.removed_devices;
      return route.resource === 'membership' && removed?.[0]?.id === 'default/phantom';
    });
    await eventually(() => isConfirmed(edge, message), 'the confirmation');
    await edge.disconnect();
  });

  it('writes no status of a deleted device to its successor of the same name', async () => {
    const old = await createDevice('twice');
    await kube.delete(RESOURCES.device, 'twice', 'default');
    await createDevice('twice');
    const twins = new Map([['temperature', { actual: { value: '1' } }]]);
    const failure: unknown = await new StatusWriter(kube).write(old, { twins }).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ApiError).with.property('code').that.is.oneOf([409, 422]);
    expect(await kube.get<Device>(RESOURCES.device, 'twice', 'default')).not.to.have.property('status');
    const status: unknown = await kube.get(RESOURCES.deviceStatus, 'twice', 'default').catch((error: unknown) => error);
    expect(status).to.have.property('code', 404);
  });

  it("never touches another node's pod that took the place of an edge's own", async () => {
    const podOn = (nodeName: string): Pod => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'swapped', namespace: 'default' },
      spec: { nodeName, containers: [{ name: 'c', image: 'busybox' }] },
    });
    // The real API, in which the pod is replaced just after it was looked at.
    const racing = Object.assign(Object.create(kube) as KubeClient, {
      get: async (resource: ApiResource, name: string, namespace: string) => {
        const found = await kube.get(resource, name, namespace);
        await kube.delete(RESOURCES.pod, 'swapped', 'default', { gracePeriodSeconds: 0 });
        await kube.create(RESOURCES.pod, podOn('edge-9'), 'default');
        return found;
      },
      patch: kube.patch.bind(kube),
      delete: kube.delete.bind(kube),
    });
    const requests = new PodRequests(racing, () => undefined);
    const request = (content: unknown): UpstreamRequest => ({
      nodeName: 'edge-1',
      namespace: 'default',
      name: 'swapped',
      message: newMessage({ source: 'edged', group: 'meta', operation: 'patch', resource: 'default/podpatch/swapped' }, content),
    });
    await kube.create(RESOURCES.pod, podOn('edge-1'), 'default');
    const failure: unknown = await requests.patchStatus(request({ status: { phase: 'Failed' } })).catch((error: unknown) => error);
    expect(failure).to.have.property('code').that.is.oneOf([409, 422]);
    await kube.delete(RESOURCES.pod, 'swapped', 'default', { gracePeriodSeconds: 0 });
    await kube.create(RESOURCES.pod, podOn('edge-1'), 'default');
    expect(await requests.delete(request({}))).to.equal('OK');
    const left = await kube.get<Pod>(RESOURCES.pod, 'swapped', 'default');
    expect(left).to.have.nested.property('spec.nodeName', 'edge-9');
    expect(left).not.to.have.nested.property('metadata.deletionTimestamp');
    expect(left).to.have.nested.property('status.phase', 'Pending');
  });

  it('ends a pod in a namespace that is being deleted, whose records are gone already', async () => {
    const metadata = { name: 'doomed' };
    await kube.create(RESOURCES.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata });
    const edge = await TestEdge.connect(cloud, 'edge-1');
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'doomed' },
      spec: { nodeName: 'edge-1', containers: [{ name: 'c', image: 'busybox' }] },
    };
    const { metadata: made } = await kube.create<Pod>(RESOURCES.pod, pod, 'doomed');
    await edge.pushed('insert', 'doomed/pod/p');
    const hasSync = (): Promise<boolean> =>
      kube.get(RESOURCES.objectSync, `edge-1.${made.uid ?? ''}`, 'doomed').then(
        () => true,
        () => false,
      );
    await eventually(hasSync, 'the ObjectSync');
    await edge.disconnect();
    await kube.delete(RESOURCES.namespace, 'doomed');
    await eventually(async () => !(await hasSync()), 'the end of the ObjectSync');
    const since = edge.received.length;
    await edge.connect(cloud);
    const push = await eventually(
      () => edge.received.slice(since).find(({ route }) => route.resource === 'doomed/pod/p'),
      'the pod that is to end',
    );
    expect(push.content).to.have.nested.property('metadata.deletionTimestamp');
    await edge.ask({ operation: 'delete', resource: 'doomed/pod/p' }, { gracePeriodSeconds: 0 });
    await eventually(
      () =>
        kube.get(RESOURCES.namespace, 'doomed').then(
          () => false,
          () => true,
        ),
      'the end of the namespace',
    );
    await edge.disconnect();
  });
});

describe('a cloud daemon and names', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  before(async () => {
    cloud = await startCloud({ nodeLimit: 2 });
  });
  after(() => cloud.stop());

  const enrol = async (nodeName: string, token: TokenRequest): Promise<KeyPair> => {
    const created = await adminRequest<CreatedToken>(cloud.paths.socket, 'POST', '/tokens', token);
    const keyPem = createKeyPem();
    const csr = createCsr({ keyPem, subject: { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] } });
    const headers = { Authorization: `Bearer ${splitToken(created.token).jwt}`, NodeName: nodeName };
    const answer = await httpsRequest(`https://127.0.0.1:${cloud.httpsPort}/edge.crt`, { ca: cloud.ca.certPem, headers, body: csr });
    expect(answer.status).to.equal(200);
    return { certPem: derToPem(answer.body, 'CERTIFICATE'), keyPem };
  };

  it('gives everything to whoever takes a name over, and keeps out who had it', async () => {
    const spec = { nodeName: 'edge-1', properties: [{ name: 'temperature' }] };
    const first = await enrol('edge-1', { ttlSeconds: 600, uses: 1 });
    const old = await TestEdge.connect(cloud, 'edge-1', { pair: first });
    await cloud.kube.create<Device>(RESOURCES.device, { metadata: { name: 'lamp', namespace: 'default' }, spec }, 'default');
    await old.pushed('insert', 'default/device/lamp');
    await eventually(async () => (await syncsOf(cloud.kube)).length === 1, 'the ObjectSync');
    const second = await enrol('edge-1', { ttlSeconds: 600, uses: 1, nodeName: 'edge-1' });
    // It was forgotten for good before the new certificate was handed out.
    expect(await cloud.kube.list(RESOURCES.objectSync))
      .to.have.property('items')
      .that.has.length(0);
    expect(await old.closed).to.contain('taken over');
    const refused: unknown = await old.connect(cloud, { pair: first }).catch((error: unknown) => error);
    expect(refused).to.have.property('code', 'AUTH');
    const edge = await TestEdge.connect(cloud, 'edge-1', { pair: second });
    await edge.pushed('insert', 'default/device/lamp');
    await eventually(async () => (await syncsOf(cloud.kube)).length === 1, 'the ObjectSync of the new edge');
    await edge.disconnect();
  });

  it('gives everything to a new edge under a name that has become free', async () => {
    const old = await TestEdge.connect(cloud, 'edge-6', { pair: await enrol('edge-6', { ttlSeconds: 600, uses: 1 }) });
    const spec = { nodeName: 'edge-6', properties: [{ name: 'temperature' }] };
    await cloud.kube.create<Device>(RESOURCES.device, { metadata: { name: 'bulb', namespace: 'default' }, spec }, 'default');
    await old.pushed('insert', 'default/device/bulb');
    await eventually(async () => (await syncsOf(cloud.kube)).some((name) => name.startsWith('edge-6.')), 'the ObjectSync');
    await old.disconnect();
    await cloud.kube.delete(RESOURCES.secret, 'kedge-node-edge-6', 'kubeedge');
    const edge = await TestEdge.connect(cloud, 'edge-6', { pair: await enrol('edge-6', { ttlSeconds: 600, uses: 1 }) });
    await edge.pushed('insert', 'default/device/bulb');
    await edge.disconnect();
  });

  it('outlives every kind of content where objects are expected, and answers', async () => {
    const shapes = [null, [], 0, '', 'x', true, {}, { metadata: null }, { metadata: { name: 5 } }, { metadata: [] }];
    const twins = [
      { twin: null },
      { twin: 5 },
      { twin: { a: 5 } },
      { twin: { a: { actual: 5 } } },
      { device: null },
      { device: { state: 5 } },
    ];
    const routes = [
      ...['insert', 'update', 'query', 'patch', 'delete'].flatMap((operation) =>
        ['default/node/edge-5', 'default/nodepatch/edge-5', 'kube-node-lease/lease/edge-5', 'default/pod/p', 'default/podpatch/p'].map(
          (resource) => ({ operation, resource }),
        ),
      ),
      ...['default/podstatus', 'default/podstatus/p', 'default/nodestatus/edge-5', '../../..', 'a/b', '/', 'default/configmap/..'].map(
        (resource) => ({ operation: 'update', resource }),
      ),
      { operation: 'query', resource: 'default/configmap/..' },
      { source: 'twin', operation: 'update', resource: 'device/default/lamp/twin/edge_updated' },
      { source: 'twin', operation: 'update', resource: 'device/default/lamp/state/update' },
      { source: 'twin', operation: 'update', resource: 'device//x/y/z/state/update' },
      { source: 'edged', operation: 'response', resource: 'x' },
      { source: 'edged', operation: 'error', resource: 'x' },
    ];
    const edge = await TestEdge.connect(cloud, 'edge-5');
    for (const route of routes) for (const content of [...shapes, ...twins]) edge.tell(route, content);
    for (const operation of ['insert', 'update', 'patch']) {
      const nested = `{"header":{"msg_id":"deep-${operation}","timestamp":0},"route":{"source":"edged","group":"meta","operation":"${operation}","resource":"default/node/edge-5"},"content":{"metadata":{"name":"edge-5","labels":`;
      edge.sendText(`${nested}${'['.repeat(200_000)}${']'.repeat(200_000)}}}}`);
    }
    edge.sendText('['.repeat(1_000_000));
    expect((await edge.ask({ operation: 'ping', resource: 'x' })).content).to.equal('ack');
    // What nests so deep is no message.
    expect(edge.received.filter(({ header }) => header.parent_msg_id?.startsWith('deep-') === true)).to.deep.equal([]);
    const { modules } = await cloud.status();
    expect(modules.filter(({ state }) => state !== 'ok')).to.deep.equal([]);
    await edge.disconnect();
  });

  it('holds no more sessions than cloudHub.nodeLimit, and lets a node that is there come back', async () => {
    const one = await TestEdge.connect(cloud, 'edge-2');
    const two = await TestEdge.connect(cloud, 'edge-3');
    const refused: unknown = await TestEdge.connect(cloud, 'edge-4').catch((error: unknown) => error);
    expect(refused).to.have.property('message').that.contains('503').and.contains('limit of 2 nodes');
    expect(refused).to.have.property('retryAfterMs', 30_000);
    const again = await TestEdge.connect(cloud, 'edge-2');
    expect(await one.closed).to.contain('replaced');
    await two.disconnect();
    await eventually(async () => {
      const next = await TestEdge.connect(cloud, 'edge-4').catch(() => undefined);
      await next?.disconnect();
      return next;
    }, 'room for another node');
    await again.disconnect();
  });
});

async function syncsOf(kube: KubeClient): Promise<string[]> {
  const { items } = await kube.list<ObjectSync>(RESOURCES.objectSync);
  return items.filter(({ status }) => status?.objectResourceVersion !== undefined).map(({ metadata }) => metadata.name);
}
