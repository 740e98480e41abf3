import { expect } from 'chai';
import { DeviceDownstream } from '../../../../../src/daemons/cloud/devicecontroller/device-downstream.ts';
import type { Informer } from '../../../../../src/kube/informer.ts';
import { keyOf, ObjectCache } from '../../../../../src/kube/object-cache.ts';
import type { Device, DeviceModel } from '../../../../../src/protocol/devices.ts';
import { edgeDialect } from '../../../../../src/protocol/edge-dialect.ts';
import type { Message } from '../../../../../src/protocol/message.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';
import { testScope } from '../../../../helpers/test-scope.ts';

const LAMP: Device = { metadata: { name: 'lamp', namespace: 'default', uid: 'u1', resourceVersion: '7' }, spec: { nodeName: 'edge-1' } };

describe('DeviceDownstream', () => {
  /** The devices that the node is told of in membership messages. */
  function start(kubeletVersion: string) {
    const scope = testScope();
    const devices = new ObjectCache<Device>();
    const sent: Message[] = [];
    const recorded = new Set<string>();
    const downstream = new DeviceDownstream({
      clock: new ManualClock(),
      devices: devices as unknown as Informer<Device>,
      deviceModels: new ObjectCache<DeviceModel>() as unknown as Informer<DeviceModel>,
      dialectOf: () => edgeDialect(kubeletVersion),
      isRecorded: (_nodeName, uid) => recorded.has(uid),
      send: (_nodeName, message) => sent.push(message) > 0,
    });
    downstream.start(scope);
    const told = (): string[] =>
      sent
        .splice(0)
        .filter(({ route }) => route.resource === 'membership')
        .flatMap(({ content }) => (content as { added_devices: { id: string }[] | null }).added_devices ?? [])
        .map(({ id }) => id);
    return { downstream, devices, sent, recorded, told };
  }

  it('tells an edge of a device when its object is recorded and about to be sent, so that it can be taken back', () => {
    const { downstream, devices, sent, recorded, told } = start('v1.29.5-kubeedge-v1.19.2');
    devices.put(LAMP);
    expect(sent.map(({ route }) => `${route.operation ?? ''} ${route.resource ?? ''}`)).to.deep.equal(['insert default/device/lamp']);
    const [insert] = sent;
    expect(told()).to.deep.equal([]);
    // The edge comes back before the object was sent.
    downstream.announceAll('edge-1');
    expect(told()).to.deep.equal([]);
    recorded.add('u1');
    downstream.beforeDelivery('edge-1', insert!);
    expect(told()).to.deep.equal([keyOf(LAMP)]);
    downstream.announceAll('edge-1');
    expect(told()).to.deep.equal([keyOf(LAMP)]);
  });

  it('tells an edge at once that reads no objects', () => {
    const { downstream, devices, told } = start('v1.22.17-kubeedge-v1.12.0');
    devices.put(LAMP);
    expect(told()).to.deep.equal(['lamp']);
    downstream.announceAll('edge-1');
    expect(told()).to.deep.equal(['lamp']);
  });
});
