import { expect } from 'chai';
import { DeviceEdge, deviceObject, modelObject } from '../../../../helpers/device-edge.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';

const DELTA = '$hw/events/device/default/sensor1/twin/update/delta';

describe('what is desired and not reported', () => {
  let clock: ManualClock;
  let edge: DeviceEdge;
  beforeEach(async () => {
    clock = new ManualClock();
    edge = await new DeviceEdge(clock).start();
    await edge.store('devicemodel', modelObject({ t: 'FLOAT', mode: 'STRING' }));
  });
  afterEach(() => edge.destroy());
  const deltas = (): unknown[] => edge.heard(DELTA).map(({ delta }) => delta);
  const desire = (...properties: { name: string; desired?: string }[]): Promise<void> => edge.store('device', deviceObject(properties));

  it('is told again until the device reports it, by the value of its type', async () => {
    await desire({ name: 't', desired: '22' });
    expect(deltas()).to.have.length(1);
    clock.advance(30_000);
    const first = deltas().length;
    expect(first).to.be.within(5, 7);
    await edge.report({ t: { actual: { value: '22.0' } } });
    expect(deltas()).to.have.length(first);
    clock.advance(3_600_000);
    expect(deltas()).to.have.length(first);
  });

  it('is told as the same message at QoS 0, so that it neither looks new nor waits for a session that is away', async () => {
    await desire({ name: 't', desired: '22' });
    clock.advance(4_000);
    const heard = edge.published.filter(({ topic }) => topic === DELTA);
    expect(heard.length).to.be.greaterThan(2);
    for (const { payload } of heard) expect(payload).to.deep.equal(heard[0]?.payload);
    expect(heard.map(({ qos }) => qos)).to.deep.equal([1, ...heard.slice(1).map(() => 0)]);
  });

  it('goes on after another value was reported, ever more rarely, and never faster than the device talks', async () => {
    await desire({ name: 't', desired: '22' });
    clock.advance(600_000);
    const quiet = deltas().length;
    await edge.report({ t: { actual: { value: '20' } } });
    // The answer to the report itself.
    expect(deltas()).to.have.length(quiet + 1);
    clock.advance(600_000);
    expect(deltas().length - quiet - 1).to.be.within(10, 20);
  });

  it('is told no more once something else is desired, or nothing', async () => {
    await desire({ name: 't', desired: '22' }, { name: 'mode', desired: 'eco' });
    clock.advance(10_000);
    await desire({ name: 't', desired: '25' }, { name: 'mode', desired: 'eco' });
    const replaced = deltas().length;
    clock.advance(600_000);
    expect(deltas().length).to.be.greaterThan(replaced + 5);
    for (const delta of deltas().slice(replaced)) expect(delta).to.deep.equal({ t: '25', mode: 'eco' });
    await desire({ name: 't' }, { name: 'mode' });
    const left = deltas().length;
    clock.advance(600_000);
    expect(deltas()).to.have.length(left);
  });

  it('goes with the device', async () => {
    await desire({ name: 't', desired: '22' });
    await edge.remove('device', 'sensor1');
    const left = deltas().length;
    clock.advance(600_000);
    expect(deltas()).to.have.length(left);
  });

  it('is told again after a restart', async () => {
    await desire({ name: 't', desired: '22' });
    await edge.stop();
    edge.published.length = 0;
    await edge.start();
    expect(deltas()).to.have.length(0);
    clock.advance(1_000);
    expect(deltas()).to.deep.equal([{ t: '22' }]);
  });

  it('is told soon to a device that comes online, once for as long as it stays so', async () => {
    await desire({ name: 't', desired: '22' });
    clock.advance(600_000);
    const state = (value: string): Promise<void> =>
      edge.twin.commit('$hw/events/device/default/sensor1/state/update', Buffer.from(JSON.stringify({ state: value })));
    const before = deltas().length;
    await state('online');
    clock.advance(1_000);
    expect(deltas().length).to.be.within(before + 1, before + 2);
    clock.advance(600_000);
    const settled = deltas().length;
    for (let at = 0; at < 20; at += 1) await state('online');
    clock.advance(1_000);
    expect(deltas().length).to.be.within(settled, settled + 1);
  });

  it('is told to a program that asked in the topics of one level in these, too', async () => {
    await desire({ name: 't', desired: '22' });
    await edge.twin.commit(
      '$hw/events/device/sensor1/twin/update',
      Buffer.from(JSON.stringify({ twin: { t: { actual: { value: '1' } } } })),
    );
    const plain = (): number => edge.heard('$hw/events/device/sensor1/twin/update/delta').length;
    expect(plain()).to.equal(1);
    clock.advance(10_000);
    expect(plain()).to.be.greaterThan(3);
  });

  it('is told again to mappers with more patience, and no more once it is reported', async () => {
    const reminded: object[] = [];
    edge.remind = (id, { delta }) => void reminded.push({ id, delta });
    await desire({ name: 't', desired: '22' });
    clock.advance(14_000);
    expect(reminded).to.have.length(0);
    clock.advance(16_000);
    expect(reminded).to.deep.equal([{ id: 'default/sensor1', delta: { t: '22' } }]);
    clock.advance(3_600_000);
    expect(reminded.length).to.be.within(9, 16);
    await edge.report({ t: { actual: { value: '22' } } });
    const settled = reminded.length;
    clock.advance(3_600_000);
    expect(reminded).to.have.length(settled);
  });
});
