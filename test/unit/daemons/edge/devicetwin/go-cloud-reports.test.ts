import { expect } from 'chai';
import fc from 'fast-check';
import type { Message } from '../../../../../src/protocol/message.ts';
import { DeviceEdge, deviceObject } from '../../../../helpers/device-edge.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';

const SENSOR = '$hw/events/device/default/sensor1';

/** What KubeEdge 1.16 to 1.23 stores of reports: a property that has no twin yet gets an empty one, and is confirmed all the same. */
class GoCloud {
  readonly stored = new Map<string, string>();
  readonly edge: DeviceEdge;
  readonly properties: readonly string[];
  #next: number;

  constructor(edge: DeviceEdge, properties: readonly string[]) {
    this.edge = edge;
    this.properties = properties;
    this.#next = edge.sent.length;
  }

  /** Stores and confirms the next message, if there is one. */
  async take(): Promise<boolean> {
    const message = this.edge.sent[this.#next];
    if (message === undefined) return false;
    this.#next += 1;
    for (const [name, value] of Object.entries(actuals(message))) {
      if (this.properties.includes(name)) this.stored.set(name, this.stored.has(name) ? (value ?? '') : '');
    }
    await this.edge.confirm(message);
    return true;
  }
}

const actuals = (message: Message | undefined): Record<string, string | undefined> => {
  const { twin = {} } = (message?.content ?? {}) as { twin?: Record<string, { actual?: { value: string } }> };
  return Object.fromEntries(Object.entries(twin).map(([name, { actual }]) => [name, actual?.value]));
};

describe("reports to KubeEdge's cloud", () => {
  let clock: ManualClock;
  let edge: DeviceEdge;
  let cloud: GoCloud;
  beforeEach(async () => {
    clock = new ManualClock();
    edge = new DeviceEdge(clock);
    edge.isKedgeCloud = false;
    await edge.start();
    await edge.store('device', deviceObject([{ name: 't' }, { name: 'u' }]));
    edge.sent.length = 0;
    cloud = new GoCloud(edge, ['t', 'u']);
  });
  afterEach(() => edge.destroy());
  const unconfirmed = (): number | undefined => edge.twin.status().queues?.['unconfirmed'];
  const values = (name: string): (string | undefined)[] =>
    edge.sent.flatMap((message) => (name in actuals(message) ? [actuals(message)[name]] : []));

  it('tell the first value of each property twice, the mark goes after the second confirmation', async () => {
    await edge.report({ t: { actual: { value: '21' } } });
    await cloud.take();
    expect(cloud.stored.get('t')).to.equal('');
    expect([values('t'), unconfirmed()]).to.deep.equal([['21', '21'], 1]);
    await cloud.take();
    expect(cloud.stored.get('t')).to.equal('21');
    expect([values('t'), unconfirmed()]).to.deep.equal([['21', '21'], 0]);
    await edge.report({ t: { actual: { value: '22' } }, u: { actual: { value: 'on' } } });
    while (await cloud.take());
    expect([values('t'), values('u')]).to.deep.equal([
      ['21', '21', '22'],
      ['on', 'on'],
    ]);
    expect([...cloud.stored]).to.deep.equal([
      ['t', '22'],
      ['u', 'on'],
    ]);
  });

  it('are repeated with the newest value, and not once more for it', async () => {
    await edge.report({ t: { actual: { value: '1' } } });
    await edge.report({ t: { actual: { value: '2' } } });
    while (await cloud.take());
    expect([values('t'), unconfirmed()]).to.deep.equal([['1', '2'], 0]);
  });

  it('are repeated though the edge was killed between the two confirmations', async () => {
    await edge.report({ t: { actual: { value: '21' } } });
    edge.connected = false;
    await cloud.take();
    await edge.stop();
    await edge.start();
    edge.connected = true;
    await edge.bus.emit('cloudConnected', {});
    expect(values('t')).to.deep.equal(['21', '21']);
    await cloud.take();
    expect([cloud.stored.get('t'), unconfirmed(), values('t').length]).to.deep.equal(['21', 0, 2]);
  });

  it('go once to a cloud of kedge, once of a twin that is no property, and once to clouds that have a place for it (v1alpha2)', async () => {
    await edge.report({ own: { actual: { value: '1' } } });
    await cloud.take();
    edge.isKedgeCloud = true;
    await edge.report({ t: { actual: { value: '1' } } });
    await cloud.take();
    edge.isKedgeCloud = false;
    const old = { ...deviceObject([]), spec: { nodeSelector: {} }, status: { twins: [{ propertyName: 't' }] } };
    await edge.store('device', { ...old, metadata: { ...old.metadata, name: 'old' } });
    await edge.report({ t: { actual: { value: '2' } } }, 'default/old');
    await cloud.take();
    expect([values('own'), values('t'), unconfirmed()]).to.deep.equal([['1'], ['1', '2'], 0]);
  });

  it('tell again what was told before its property was known here: there it may have been, and was lost', async () => {
    cloud = new GoCloud(edge, ['t', 'u', 'late']);
    await edge.report({ late: { actual: { value: '1' } } });
    await cloud.take();
    expect([cloud.stored.get('late'), unconfirmed()]).to.deep.equal(['', 0]);
    await edge.store('device', deviceObject([{ name: 't' }, { name: 'u' }, { name: 'late' }], { rv: '401' }));
    while (await cloud.take());
    expect([cloud.stored.get('late'), unconfirmed()]).to.deep.equal(['1', 0]);
  });

  it('are doubtful again after the device was made anew', async () => {
    await edge.report({ t: { actual: { value: '1' } } });
    while (await cloud.take());
    await edge.store('device', deviceObject([{ name: 't' }], { uid: 'u2' }));
    cloud.stored.clear();
    await edge.report({ t: { actual: { value: '2' } } });
    while (await cloud.take());
    expect(cloud.stored.get('t')).to.equal('2');
  });

  it('whatever comes between: the cloud ends with the newest values', async () => {
    const step = fc.constantFrom('report', 'report', 'take', 'late', 'reconnect', 'restart');
    const one = async (steps: readonly string[]): Promise<void> => {
      await edge.store('device', deviceObject([{ name: 't' }, { name: 'u' }], { uid: `u${Math.random()}` }));
      await edge.bus.emit('cloudConnected', {});
      cloud = new GoCloud(edge, ['t', 'u']);
      let value = 0;
      const actions: Record<string, () => Promise<unknown>> = {
        report: () => edge.report({ [(value += 1) % 2 === 0 ? 't' : 'u']: { actual: { value: String(value) } } }),
        take: () => cloud.take(),
        late: async () => {
          clock.advance(60_000);
        },
        reconnect: () => edge.bus.emit('cloudConnected', {}),
        restart: async () => {
          await edge.stop();
          await edge.start();
          await edge.bus.emit('cloudConnected', {});
        },
      };
      for (const kind of steps) await actions[kind]?.();
      while (await cloud.take());
      expect(unconfirmed()).to.equal(0);
      const newest = Array.from({ length: Math.min(2, value) }, (_, i) => value - i).map(
        (n) => [n % 2 === 0 ? 't' : 'u', String(n)] as const,
      );
      expect(Object.fromEntries(cloud.stored)).to.deep.equal(Object.fromEntries(newest));
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25, size: 'max' }), one), { numRuns: 60 });
  });

  it('are told again under the other form of the ID, and stay with the one that is confirmed: nothing tells which one it uses', async () => {
    const ids = (): (string | undefined)[] =>
      edge.sent.map(({ route }) => /^device\/(.*)\/twin\/edge_updated$/.exec(route.resource ?? '')?.[1]);
    await edge.report({ t: { actual: { value: '1' } } });
    clock.advance(60_000);
    clock.advance(60_000);
    clock.advance(60_000);
    expect(ids()).to.deep.equal(['default/sensor1', 'sensor1', 'default/sensor1', 'sensor1']);
    await edge.confirm(edge.sent[3]!);
    await edge.confirm(edge.sent[4]!);
    await edge.stop();
    await edge.start();
    await edge.report({ t: { actual: { value: '2' } } });
    expect(ids().slice(4)).to.deep.equal(['sensor1', 'sensor1']);
  });

  it('of a v1alpha2 device go under its name, though its membership was missed', async () => {
    const old = { ...deviceObject([]), spec: { nodeSelector: {} }, status: { twins: [{ propertyName: 't' }] } };
    await edge.store('device', { ...old, metadata: { ...old.metadata, name: 'old' } });
    await edge.report({ t: { actual: { value: '2' } } }, 'old');
    expect(edge.sent.at(-1)?.route.resource).to.equal('device/old/twin/edge_updated');
  });

  describe('of a state that it never confirms (before 1.18)', () => {
    const states = (): number => edge.sent.filter(({ route }) => route.resource === 'device/default/sensor1/state/update').length;
    beforeEach(() => edge.twin.commit(`${SENSOR}/state/update`, Buffer.from('{"state":"online"}')));

    it('hold up no twins, and are repeated ever more rarely', async () => {
      await edge.report({ t: { actual: { value: '1' } } });
      expect(values('t')).to.deep.equal(['1']);
      const at: number[] = [];
      for (let minute = 1; minute <= 60; minute++) {
        const before = states();
        clock.advance(60_000);
        if (states() > before) at.push(minute);
      }
      expect(at).to.deep.equal([1, 3, 7, 15, 25, 35, 45, 55]);
    });

    it('begin anew with each session, and after a confirmation', async () => {
      clock.advance(3 * 60_000);
      expect(states()).to.equal(3);
      await edge.bus.emit('cloudConnected', {});
      clock.advance(60_000);
      expect(states()).to.equal(5);
      await edge.confirm(edge.sent.at(-1)!);
      await edge.twin.commit(`${SENSOR}/state/update`, Buffer.from('{"state":"offline"}'));
      clock.advance(60_000);
      expect(states()).to.equal(7);
    });
  });

  it('of clouds up to 1.14 (v1alpha2) take desired values from the object, too: the message may have come while the edge was away', async () => {
    const old = { ...deviceObject([]), spec: { nodeSelector: {}, propertyVisitors: [] } };
    const withDesired = (value: string, resourceVersion: string): never =>
      ({
        ...old,
        metadata: { ...old.metadata, resourceVersion },
        status: { twins: [{ propertyName: 't', desired: { value, metadata: { type: 'int' } } }] },
      }) as never;
    const expected = (): string | undefined => edge.twin.getTwins('default', 'sensor1')?.[0]?.observedDesired?.value;
    const added = {
      id: 'sensor1',
      name: 'sensor1',
      twin: { t: { expected: { value: '5' }, metadata: { type: 'int' }, expected_version: { cloud: 400, edge: 0 } } },
    };
    await edge.fromCloud('update', 'membership', { added_devices: [added], removed_devices: null });
    await edge.store('device', withDesired('5', '400'));
    const before = edge.published.length;
    await edge.store('device', withDesired('5', '401'));
    expect([expected(), edge.published.length]).to.deep.equal(['5', before]);
    await edge.store('device', withDesired('6', '402'));
    expect(expected()).to.equal('6');
    // Mappers of that time listen to one level.
    for (const id of ['sensor1', 'default/sensor1'])
      expect(edge.heard(`$hw/events/device/${id}/twin/update/delta`).at(-1)?.['delta']).to.deep.equal({ t: '6' });
    expect(edge.twin.deltas().map(({ topic }) => topic)).to.have.members([
      '$hw/events/device/sensor1/twin/update/delta',
      '$hw/events/device/default/sensor1/twin/update/delta',
    ]);
    expect(edge.twin.getDevice('default', 'sensor1')?.spec?.nodeName).to.equal('edge1');
    // The application's own value goes before the cloud's, until the cloud asks for something else.
    await edge.report({ t: { expected: { value: '7' } } }, 'sensor1');
    await edge.store('device', withDesired('6', '403'));
    expect(expected()).to.equal('7');
    await edge.store('device', withDesired('8', '404'));
    expect(expected()).to.equal('8');
  });
});
