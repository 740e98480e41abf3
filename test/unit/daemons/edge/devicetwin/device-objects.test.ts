import { expect } from 'chai';
import type { KubeObject } from '../../../../../src/protocol/kubernetes.ts';
import { DeviceEdge, deviceObject, modelObject } from '../../../../helpers/device-edge.ts';
import { eventually } from '../../../../helpers/eventually.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';

describe('Device and DeviceModel objects at the edge', () => {
  let clock: ManualClock;
  let edge: DeviceEdge;
  beforeEach(async () => {
    clock = new ManualClock();
    edge = await new DeviceEdge(clock).start();
  });
  afterEach(() => edge.destroy());

  const desired = (name = 'sensor1'): string | undefined => edge.twin.getTwins('default', name)?.[0]?.observedDesired?.value;

  it('a device goes with its object: the membership of a predecessor, removed late, takes no report away', async () => {
    await edge.store('device', deviceObject([{ name: 't', desired: '22' }], { uid: 'u2' }));
    await edge.report({ own: { actual: { value: '1' } } });
    await edge.membership([], ['default/sensor1']);
    expect(edge.twin.getTwins('default', 'sensor1')?.map(({ propertyName }) => propertyName)).to.deep.equal(['own', 't']);
    expect(edge.heard('$hw/events/node/edge1/membership/updated')).to.have.length(1);
    await edge.remove('device', 'sensor1');
    expect(edge.twin.listDevices()).to.deep.equal([]);
  });

  it('a device that moves to another node is told to be gone, whichever comes first: its membership or the end of its object', async () => {
    const gone = (): unknown[] =>
      edge
        .heard('$hw/events/node/edge1/membership/updated')
        .flatMap((payload: { removed_devices?: unknown[] | null }) => payload.removed_devices ?? []);
    for (const order of ['membership', 'object']) {
      await edge.membership(['default/sensor1']);
      await edge.store('device', deviceObject([{ name: 't', desired: '22' }]));
      edge.published.length = 0;
      if (order === 'membership') await edge.membership([], ['default/sensor1']);
      await edge.remove('device', 'sensor1');
      if (order === 'object') await edge.membership([], ['default/sensor1']);
      expect(gone(), order).to.deep.equal([{ id: 'default/sensor1', name: 'sensor1' }]);
    }
  });

  it('a device that is told again with an empty map of twins publishes nothing', async () => {
    await edge.store('device', deviceObject([{ name: 't', desired: '22' }]));
    edge.published.length = 0;
    await edge.fromCloud('update', 'membership', {
      added_devices: [{ id: 'default/sensor1', name: 'sensor1', twin: {} }],
      removed_devices: null,
    });
    expect(edge.published).to.deep.equal([]);
  });

  it('what the disk refuses is tried again until it is applied, be it a desired value or a deletion', async () => {
    const lock = (): void =>
      void edge.db.exec("CREATE TRIGGER full BEFORE INSERT ON device_property BEGIN SELECT RAISE(FAIL, 'full'); END");
    lock();
    await edge.store('device', deviceObject([{ name: 't', desired: '22' }]));
    expect(desired()).to.equal(undefined);
    edge.db.exec('DROP TRIGGER full');
    await eventually(() => {
      clock.advance(100);
      return desired() === '22';
    });
    edge.db.exec("CREATE TRIGGER full BEFORE DELETE ON device BEGIN SELECT RAISE(FAIL, 'full'); END");
    await edge.remove('device', 'sensor1');
    expect(edge.twin.listDevices()).to.have.length(1);
    edge.db.exec('DROP TRIGGER full');
    await eventually(() => {
      clock.advance(100);
      return edge.twin.listDevices().length === 0;
    });
  });

  for (const spec of [
    null,
    5,
    { properties: 5 },
    { properties: [null] },
    { properties: [{ name: 7, type: 'INT' }] },
    { properties: null },
  ]) {
    it(`malformed specs stop neither the edge nor its start: ${JSON.stringify(spec)}`, async () => {
      const malformed = (object: KubeObject, name: string): KubeObject =>
        ({ ...object, metadata: { ...object.metadata, name }, spec }) as unknown as KubeObject;
      const objects = async (): Promise<void> => {
        await edge.store('devicemodel', malformed(modelObject({}), 'model2'));
        await edge.store('device', malformed(deviceObject([]), 'sensor2'));
      };
      await objects();
      await edge.stop();
      await edge.start();
      await objects();
      await edge.store('device', deviceObject([{ name: 't', desired: '22' }]));
      expect(desired()).to.equal('22');
      expect(edge.twin.listDevices()).to.have.length(2);
    });
  }

  it('a twin that an application has made without a type takes the model’s with the first desired value', async () => {
    await edge.store('devicemodel', modelObject({ t: 'INT' }));
    await edge.store('device', deviceObject([{ name: 't' }]));
    await edge.report({ t: { actual: { value: 'warm' } } });
    expect(edge.twin.getTwins('default', 'sensor1')?.[0]?.reported?.metadata?.['type']).to.equal('string');
    await edge.store('device', deviceObject([{ name: 't', desired: '22' }], { rv: '401' }));
    expect(edge.twin.getTwins('default', 'sensor1')?.[0]?.observedDesired?.metadata?.['type']).to.equal('int');
    await edge.report({ t: { actual: { value: 'warm' } } });
    expect(edge.heard('$hw/events/device/default/sensor1/twin/update/result').at(-1)).to.deep.include({ code: 400 });
  });
});
