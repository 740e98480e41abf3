import { expect } from 'chai';
import type { Device, DeviceModel, DeviceStatus } from '../../src/protocol/devices.ts';
import type { EdgeDevice } from '../../src/protocol/membership.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { ObjectSync } from '../../src/protocol/kubernetes.ts';
import type { Message } from '../../src/protocol/message.ts';
import { issueKeyPair } from '../../src/pki/certificate.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { isNotFound } from '../../src/kube/api-error.ts';
import { eventually } from '../helpers/eventually.ts';
import { TestEdge, startCloud } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';

const MODEL: DeviceModel = {
  apiVersion: 'devices.kubeedge.io/v1beta1',
  kind: 'DeviceModel',
  metadata: { name: 'thermo', namespace: 'default' },
  spec: {
    properties: [
      { name: 'temperature', type: 'INT', accessMode: 'ReadWrite' },
      { name: 'mode', type: 'STRING', accessMode: 'ReadWrite' },
    ],
  },
};

describe('edges of older versions of KubeEdge', () => {
  let cloud: TestCloud;
  let edge: TestEdge;

  beforeEach(async () => {
    cloud = await startCloud({ legacyEdges: true });
    edge = await TestEdge.connect(cloud, 'edge-1');
    await cloud.kube.create(RESOURCES.deviceModel, MODEL, 'default');
  });
  afterEach(async () => {
    await edge.disconnect();
    await cloud.stop();
  });

  const register = async (kubeEdge: string): Promise<void> => {
    await edge.ask({ operation: 'insert', resource: 'default/node/edge-1' }, { metadata: { name: 'edge-1' }, spec: {}, status: {} });
    await tellVersion(kubeEdge);
  };
  const tellVersion = (kubeEdge: string): Promise<unknown> =>
    cloud.kube.patch(
      RESOURCES.node,
      { name: 'edge-1', subresource: 'status' },
      { status: { nodeInfo: { kubeletVersion: `v1.24.17-kubeedge-${kubeEdge}` } } },
      'merge',
    );
  const createDevice = (properties: object[]): Promise<Device> =>
    cloud.kube.create<Device>(
      RESOURCES.device,
      {
        apiVersion: 'devices.kubeedge.io/v1beta1',
        kind: 'Device',
        metadata: { name: 'sensor', namespace: 'default' },
        spec: { deviceModelRef: { name: 'thermo' }, nodeName: 'edge-1', properties },
      } as Device,
      'default',
    );
  const setProperties = (properties: object[]): Promise<Device> =>
    cloud.kube.patch<Device>(RESOURCES.device, { name: 'sensor', namespace: 'default' }, { spec: { properties } }, 'merge');
  const membership = (side: 'added_devices' | 'removed_devices', id: string): Promise<Message> =>
    edge.next(({ route, content }) => route.resource === 'membership' && devicesIn(content, side).some((device) => device.id === id));
  const devicesIn = (content: unknown, side: string): EdgeDevice[] => (content as Record<string, EdgeDevice[] | null> | null)?.[side] ?? [];
  /** The IDs in all memberships that the edge was told on its present connection. */
  const toldIds = (): string[] =>
    edge.received
      .filter(({ route }) => route.resource === 'membership')
      .flatMap(({ content }) => [...devicesIn(content, 'added_devices'), ...devicesIn(content, 'removed_devices')])
      .map(({ id }) => id);
  const versionOf = ({ metadata }: Device): object => ({ cloud: Number(metadata.resourceVersion), edge: 0 });

  it('up to 1.14 get desired values in messages, under plain IDs, and no objects', async () => {
    await register('v1.14.5');
    const device = await createDevice([{ name: 'temperature', desired: { value: '20' } }, { name: 'mode' }]);
    const { content } = await membership('added_devices', 'sensor');
    const [added] = devicesIn(content, 'added_devices');
    const expected = (value: string, { timestamp }: { timestamp: number }): object => ({ value, metadata: { timestamp } });
    expect(added).to.deep.equal({
      id: 'sensor',
      name: 'sensor',
      twin: {
        temperature: {
          expected: expected('20', content as { timestamp: number }),
          expected_version: versionOf(device),
          optional: false,
          metadata: { type: 'int' },
        },
        mode: { optional: false, metadata: { type: 'string' } },
      },
    });

    const changed = await setProperties([{ name: 'temperature', desired: { value: '25' } }]);
    const updated = await edge.pushed('update', 'device/sensor/twin/cloud_updated');
    expect(updated.route).to.include({ source: 'devicecontroller', group: 'twin' });
    expect((updated.content as { twin: object }).twin).to.deep.equal({
      temperature: {
        expected: expected('25', updated.content as { timestamp: number }),
        expected_version: versionOf(changed),
        optional: false,
        metadata: { type: 'int' },
      },
      mode: { expected_version: versionOf(changed), optional: false, metadata: { type: 'deleted' } },
    });

    const confirm = await edge.ask(
      { source: 'twin', group: 'resource', operation: 'update', resource: 'device/sensor/twin/edge_updated' },
      {
        event_id: '',
        timestamp: 1,
        twin: { temperature: { actual: { value: '24', metadata: { timestamp: 5 } }, metadata: { type: 'int' } } },
      },
    );
    expect(confirm.content).to.equal('OK');
    const { status } = await cloud.kube.get<DeviceStatus>(RESOURCES.deviceStatus, 'sensor', 'default');
    expect(status?.twins?.[0]?.reported?.value).to.equal('24');

    await cloud.kube.delete(RESOURCES.device, 'sensor', 'default');
    await membership('removed_devices', 'sensor');
    expect(edge.received.filter(({ route }) => /device(model)?\/(sensor|thermo)$/.test(route.resource ?? ''))).to.deep.equal([]);
  });

  it('of 1.15 get objects, and plain IDs', async () => {
    await register('v1.15.4');
    await createDevice([{ name: 'temperature', desired: { value: '20' } }]);
    const [added] = devicesIn((await membership('added_devices', 'sensor')).content, 'added_devices');
    // An empty map: without one the edge would tell applications of an update without twins, once it knows the device.
    expect(added).to.deep.equal({ id: 'sensor', name: 'sensor', twin: {} });
    await edge.pushed('insert', 'default/device/sensor');
  });

  it('are spoken to in their new dialect once they are upgraded, what they knew before goes', async () => {
    await register('v1.14.5');
    await createDevice([{ name: 'temperature', desired: { value: '20' } }]);
    await membership('added_devices', 'sensor');
    await tellVersion('v1.19.2');
    await membership('removed_devices', 'sensor');
    await membership('added_devices', 'default/sensor');
    await edge.pushed('insert', 'default/device/sensor');
  });

  it('up to 1.14 are told all their devices when they ask, so that they forget the others', async () => {
    await register('v1.14.5');
    await createDevice([{ name: 'temperature', desired: { value: '20' } }]);
    await membership('added_devices', 'sensor');
    const ask = async (): Promise<Message> => {
      const since = edge.received.length;
      const route = { source: 'twin', group: 'resource', operation: 'get', resource: 'membership/detail' };
      const confirmed = await edge.ask(route, JSON.stringify({ operation: 'detail' }));
      expect([confirmed.route.resource, confirmed.content]).to.deep.equal(['twin', 'OK']);
      return eventually(
        () => edge.received.slice(since).find(({ route: { resource } }) => resource === 'membership/detail/result'),
        'the list',
      );
    };
    const { header, route, content } = await ask();
    // With a parent it would pass for a confirmation.
    expect(header.parent_msg_id).to.equal(undefined);
    expect(route).to.include({ source: 'devicecontroller', group: 'twin' });
    expect(devicesIn(content, 'devices')).to.deep.equal([{ id: 'sensor', name: 'sensor', twin: {} }]);
    await edge.disconnect();
    await cloud.kube.delete(RESOURCES.device, 'sensor', 'default');
    edge = await TestEdge.connect(cloud, 'edge-1');
    expect(devicesIn((await ask()).content, 'devices')).to.deep.equal([]);
  });

  it('are known as before while their Node is gone', async () => {
    await register('v1.14.5');
    await createDevice([{ name: 'temperature', desired: { value: '20' } }]);
    await membership('added_devices', 'sensor');
    await cloud.kube.delete(RESOURCES.node, 'edge-1');
    await edge.closed;
    edge = await TestEdge.connect(cloud, 'edge-1');
    await membership('added_devices', 'sensor');
    await cloud.kube.delete(RESOURCES.device, 'sensor', 'default');
    await membership('removed_devices', 'sensor');
    expect(toldIds()).to.deep.equal(['sensor', 'sensor']);
  });

  it('are known by a certificate that names no node until they tell their version', async () => {
    await edge.disconnect();
    const subject = { commonName: 'kubeedge.io', organizations: ['kubeEdge'] };
    const pair = issueKeyPair({ ca: cloud.ca, profile: PROFILES.edgeClient, subject });
    edge = await TestEdge.connect(cloud, 'edge-1', { pair });
    await createDevice([{ name: 'temperature', desired: { value: '20' } }]);
    await membership('added_devices', 'sensor');
    await register('v1.14.5');
    await edge.next(({ content }) => devicesIn(content, 'added_devices').some(({ twin }) => twin !== undefined));
    expect(new Set(toldIds())).to.deep.equal(new Set(['sensor']));
  });

  it('keep their devices when they go back to a version that reads no objects', async () => {
    await register('v1.19.2');
    const device = await createDevice([{ name: 'temperature', desired: { value: '20' } }]);
    const sync = `edge-1.${device.metadata.uid ?? ''}`;
    const hasSync = async (): Promise<boolean> => {
      try {
        return (await cloud.kube.get<ObjectSync>(RESOURCES.objectSync, sync, 'default')).status?.objectResourceVersion !== undefined;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    };
    await eventually(hasSync, 'the ObjectSync');
    await edge.disconnect();
    await tellVersion('v1.14.5');
    edge = await TestEdge.connect(cloud, 'edge-1');
    await membership('added_devices', 'sensor');
    await edge.pushed('delete', 'default/device/sensor');
    await eventually(async () => !(await hasSync()), 'the end of the ObjectSync', 30_000);
    const removed = edge.received.flatMap(({ route, content }) =>
      route.resource === 'membership' ? devicesIn(content, 'removed_devices') : [],
    );
    expect(removed.map(({ id }) => id)).to.not.include('sensor');
  });

  describe('that are told of their Node, as from 1.23 on', () => {
    const nodePushes = (): Message[] =>
      edge.received.filter(({ route }) => route.resource === 'null/node/edge-1' && route.operation === 'update');
    const registerAgain = (): Promise<Message> =>
      edge.ask({ operation: 'insert', resource: 'null/node/edge-1' }, { metadata: { name: 'edge-1' }, spec: {}, status: {} });

    it('learn of it when they find it registered, and of each change', async () => {
      await register('v1.22.2');
      expect(nodePushes()).to.deep.equal([]);
      const { content } = await registerAgain();
      expect(content).to.have.nested.property('Err.ErrStatus.reason', 'AlreadyExists');
      const told = await edge.pushed('update', 'null/node/edge-1');
      expect(told.route).to.include({ source: 'edgecontroller', group: 'resource' });
      expect(told.content).to.include({ apiVersion: 'v1', kind: 'Node' });
      expect(told.header.resourceversion).to.be.a('string');
      await tellVersion('v1.23.1');
      const isTold = ({ content: node }: Message): boolean => JSON.stringify(node).includes('kubeedge-v1.23.1');
      await eventually(() => nodePushes().some(isTold), 'the change of the status');
    });

    it('learn of it at each connection', async () => {
      await register('v1.23.1');
      await edge.disconnect();
      edge = await TestEdge.connect(cloud, 'edge-1');
      await edge.pushed('update', 'null/node/edge-1');
    });
  });
});
