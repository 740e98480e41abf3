import { expect } from 'chai';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Device, DeviceStatus } from '../../src/protocol/devices.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { Message } from '../../src/protocol/message.ts';
import { startControlPlane } from '../helpers/control-plane.ts';
import type { TestControlPlane } from '../helpers/control-plane.ts';
import { eventually } from '../helpers/eventually.ts';
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
    expect(deletion.content).to.deep.equal({ metadata: { name: 'ghost', namespace: 'default', uid: metadata.uid } });
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
});
