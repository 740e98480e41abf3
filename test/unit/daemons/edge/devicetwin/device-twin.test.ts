import { expect } from 'chai';
import fc from 'fast-check';
import { join } from 'node:path';
import type { Device } from '../../../../../src/protocol/devices.ts';
import type { Message } from '../../../../../src/protocol/message.ts';
import { openDatabase } from '../../../../../src/store/database.ts';
import { EDGE_MIGRATIONS } from '../../../../../src/store/edge-schema.ts';
import { DeviceEdge, deviceObject, modelObject } from '../../../../helpers/device-edge.ts';
import { eventually } from '../../../../helpers/eventually.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';

const SENSOR = '$hw/events/device/default/sensor1';
const reported = (message: Message | undefined): Record<string, { actual?: { value: string }; expected?: { value: string } }> =>
  (message?.content as { twin: never }).twin;

describe('DeviceTwin', () => {
  let clock: ManualClock;
  let edge: DeviceEdge;
  beforeEach(async () => {
    clock = new ManualClock();
    edge = await new DeviceEdge(clock).start();
    await edge.membership(['default/sensor1']);
  });
  afterEach(() => edge.destroy());

  describe('reports to the cloud', () => {
    it('go out one at a time per device, with the newest values, and go on until confirmed', async () => {
      await edge.report({ t: { actual: { value: '1' } } });
      await edge.report({ t: { actual: { value: '2' } }, u: { actual: { value: 'a' } } });
      await edge.report({ t: { actual: { value: '3' } } });
      expect(edge.sent).to.have.length(1);
      expect(edge.sent[0]?.route).to.deep.equal({
        source: 'twin',
        group: 'resource',
        operation: 'update',
        resource: 'device/default/sensor1/twin/edge_updated',
      });
      expect(reported(edge.sent[0])['t']).to.deep.equal({
        actual: { value: '1', metadata: { timestamp: clock.now() } },
        optional: true,
        metadata: { type: 'string' },
        actual_version: { cloud: 0, edge: 1 },
      });
      await edge.confirm(edge.sent[0]!);
      expect(edge.sent).to.have.length(2);
      expect(reported(edge.sent[1])['t']?.actual?.value).to.equal('3');
      expect(reported(edge.sent[1])['u']?.actual?.value).to.equal('a');
      await edge.confirm(edge.sent[1]!);
      expect(edge.sent).to.have.length(2);
      expect(edge.twin.status().queues).to.deep.equal({ unconfirmed: 0, inFlight: 0 });
    });

    describe('with a report interval', () => {
      beforeEach(async () => {
        await edge.stop();
        await edge.start({ reportIntervalMs: 1_000 });
        await edge.membership(['default/sensor2']);
      });
      const values = (): (string | undefined)[] => edge.sent.filter(isTwins).map((message) => reported(message)['t']?.actual?.value);
      const isTwins = ({ route }: Message): boolean => route.resource?.endsWith('/twin/edge_updated') === true;

      it('go at once after a rest, and then once per interval with the newest values', async () => {
        await edge.report({ t: { actual: { value: '1' } } });
        await edge.confirm(edge.sent[0]!);
        for (const value of ['2', '3', '4']) await edge.report({ t: { actual: { value } } });
        clock.advance(999);
        expect(values()).to.deep.equal(['1']);
        clock.advance(1);
        expect(values()).to.deep.equal(['1', '4']);
        await edge.confirm(edge.sent[1]!);
        clock.advance(5_000);
        await edge.report({ t: { actual: { value: '5' } } });
        expect(values()).to.deep.equal(['1', '4', '5']);
      });

      it('wait for a confirmation that takes longer than the interval', async () => {
        await edge.report({ t: { actual: { value: '1' } } });
        await edge.report({ t: { actual: { value: '2' } } });
        clock.advance(3_000);
        expect(values()).to.deep.equal(['1']);
        await edge.confirm(edge.sent[0]!);
        expect(values()).to.deep.equal(['1', '2']);
      });

      it('hold up neither the state of the device nor other devices', async () => {
        await edge.report({ t: { actual: { value: '1' } } });
        await edge.confirm(edge.sent[0]!);
        await edge.report({ t: { actual: { value: '2' } } });
        await edge.twin.commit(`${SENSOR}/state/update`, Buffer.from('{"state":"online"}'));
        await edge.twin.commit('$hw/events/device/default/sensor2/twin/update', Buffer.from('{"twin":{"t":{"actual":{"value":"9"}}}}'));
        expect(edge.sent.slice(1).map(({ route }) => route.resource)).to.deep.equal([
          'device/default/sensor1/state/update',
          'device/default/sensor2/twin/edge_updated',
        ]);
      });

      it('are sent again after 60 s however long the interval', async () => {
        await edge.stop();
        await edge.start({ reportIntervalMs: 3_600_000 });
        await edge.report({ t: { actual: { value: '1' } } });
        clock.advance(60_000);
        expect(values()).to.deep.equal(['1', '1']);
      });

      it('begin anew with each session', async () => {
        await edge.report({ t: { actual: { value: '1' } } });
        await edge.report({ t: { actual: { value: '2' } } });
        await edge.bus.emit('cloudDisconnected', {});
        await edge.bus.emit('cloudConnected', {});
        expect(values()).to.deep.equal(['1', '2']);
      });

      it('of a backlog do not rest', async () => {
        await edge.report(Object.fromEntries(Array.from({ length: 450 }, (_, i) => [`t${i}`, { actual: { value: String(i) } }])));
        for (let i = 0; i < edge.sent.length; i++) await edge.confirm(edge.sent[i]!);
        expect(edge.sent).to.have.length(3);
      });
    });

    it('whatever comes between: the cloud ends with the newest values', async () => {
      const step = fc.oneof(
        fc.constantFrom('report', 'report', 'confirm', 'reconnect', 'restart').map((kind) => ({ kind, ms: 0 })),
        fc.integer({ min: 1, max: 1_500 }).map((ms) => ({ kind: 'advance', ms })),
      );
      const one = async (steps: readonly { kind: string; ms: number }[]): Promise<void> => {
        await edge.bus.emit('cloudConnected', {});
        const cloud = new Map<string, string | undefined>();
        let confirmed = edge.sent.length;
        let value = 0;
        const confirm = async (): Promise<void> => {
          const message = edge.sent[confirmed];
          if (message === undefined) return;
          confirmed += 1;
          for (const [name, twin] of Object.entries(reported(message))) cloud.set(name, twin.actual?.value);
          await edge.confirm(message);
        };
        const actions: Record<string, (ms: number) => Promise<void>> = {
          report: () => edge.report({ [`t${(value += 1) % 2}`]: { actual: { value: String(value) } } }),
          confirm,
          advance: (ms) => {
            clock.advance(ms);
            return Promise.resolve();
          },
          reconnect: () => edge.bus.emit('cloudConnected', {}),
          restart: async () => {
            await edge.stop();
            await edge.start({ reportIntervalMs: 1_000 });
            await edge.bus.emit('cloudConnected', {});
          },
        };
        for (const { kind, ms } of steps) await actions[kind]?.(ms);
        for (let i = 0; edge.twin.status().queues?.['unconfirmed'] !== 0 && i < 100; i++) {
          await confirm();
          clock.advance(1_000);
        }
        const newest = Array.from({ length: Math.min(2, value) }, (_, i) => value - i).map((n) => [`t${n % 2}`, String(n)] as const);
        expect(Object.fromEntries(cloud)).to.deep.equal(Object.fromEntries(newest));
      };
      await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), one), { numRuns: 60 });
    });

    it('are sent again after 60 s, and a late confirmation still counts', async () => {
      await edge.report({ t: { actual: { value: '1' } } });
      clock.advance(59_999);
      expect(edge.sent).to.have.length(1);
      clock.advance(1);
      expect(edge.sent).to.have.length(2);
      expect(edge.sent[1]?.header.msg_id).to.not.equal(edge.sent[0]?.header.msg_id);
      await edge.confirm(edge.sent[0]!);
      expect(edge.twin.status().queues).to.deep.equal({ unconfirmed: 0, inFlight: 0 });
      clock.advance(120_000);
      expect(edge.sent).to.have.length(2);
    });

    it('are not dropped while the cloud is away, and go at once when it is back', async () => {
      edge.connected = false;
      await edge.report({ t: { actual: { value: '1' } } });
      await edge.report({ t: { actual: { value: '2' } } });
      expect(edge.sent).to.have.length(0);
      edge.connected = true;
      await edge.bus.emit('cloudConnected', {});
      expect(reported(edge.sent[0])['t']?.actual?.value).to.equal('2');
      // The session ends before the confirmation.
      await edge.bus.emit('cloudDisconnected', {});
      await edge.bus.emit('cloudConnected', {});
      expect(edge.sent).to.have.length(2);
    });

    it('survive a restart', async () => {
      edge.connected = false;
      await edge.report({ t: { actual: { value: '1' } } });
      await edge.twin.commit(`${SENSOR}/state/update`, Buffer.from('{"state":"online"}'));
      await edge.stop();
      await edge.start();
      edge.connected = true;
      await edge.bus.emit('cloudConnected', {});
      await edge.confirm(edge.sent[0]!);
      expect(edge.sent.map(({ route }) => route.resource)).to.have.members([
        'device/default/sensor1/twin/edge_updated',
        'device/default/sensor1/state/update',
      ]);
      expect(JSON.parse(edge.sent[1]?.content as string)).to.deep.include({
        device: { name: 'sensor1', state: 'online', lastOnlineTime: '2026-11-21T02:39:09Z' },
      });
    });

    it('leave a hub that takes nothing more in peace for a second', async () => {
      const { sent } = edge;
      const push = sent.push.bind(sent);
      sent.push = () => 0;
      await edge.report({ t: { actual: { value: '1' } } });
      sent.push = push;
      await edge.report({ t: { actual: { value: '2' } } });
      expect(sent).to.have.length(0);
      clock.advance(1_000);
      expect(sent).to.have.length(1);
      expect(reported(sent[0])['t']?.actual?.value).to.equal('2');
    });

    it('wait for a disk that cannot be read', async () => {
      await edge.report({ t: { actual: { value: '1' } } });
      edge.db.exec('ALTER TABLE outbox RENAME TO away');
      clock.advance(60_000);
      expect(edge.sent).to.have.length(1);
      edge.db.exec('ALTER TABLE away RENAME TO outbox');
      clock.advance(1_000);
      expect(edge.sent).to.have.length(2);
    });

    it('of many twins travel in bounded messages', async () => {
      const twins = Object.fromEntries(Array.from({ length: 450 }, (_, i) => [`t${i}`, { actual: { value: String(i) } }]));
      await edge.report(twins);
      for (let i = 0; i < edge.sent.length; i++) await edge.confirm(edge.sent[i]!);
      expect(edge.sent.map((message) => Object.keys(reported(message)).length)).to.deep.equal([200, 200, 50]);
    });
  });

  describe('objects of the cloud', () => {
    it('move desired values to document and delta on the two-level topics, and tell the cloud that they were seen', async () => {
      await edge.store('devicemodel', modelObject({ t: 'INT' }));
      await edge.store('device', deviceObject([{ name: 't', desired: '22' }]));
      const expected = { value: '22', metadata: { timestamp: clock.now() } };
      const current = { expected, optional: false, metadata: { type: 'int' } };
      expect(edge.heard(`${SENSOR}/twin/update/document`)).to.deep.equal([
        { event_id: '', timestamp: clock.now(), twin: { t: { last: null, current } } },
      ]);
      expect(edge.heard(`${SENSOR}/twin/update/delta`)[0]).to.deep.include({ delta: { t: '22' }, twin: { t: current } });
      expect(reported(edge.sent[0])['t']).to.deep.include({ expected, expected_version: { cloud: 400, edge: 0 } });
    });

    it('that came before their model are applied again with it', async () => {
      await edge.store('device', deviceObject([{ name: 't', desired: '22' }]));
      await edge.store('devicemodel', modelObject({ t: 'DOUBLE' }));
      await edge.report({ t: { actual: { value: 'warm' } } });
      expect(edge.heard(`${SENSOR}/twin/update/result`)[0]).to.deep.include({ code: 400, reason: 'the value is not float' });
    });

    it('count as they are stored, in whatever order they are told of', async () => {
      const told = { namespace: 'default', type: 'devicemodel', name: 'model1' };
      await edge.store('devicemodel', modelObject({ t: 'INT' }));
      // Made and deleted in one moment: the deletion may be told first.
      await edge.remove('devicemodel', 'model1');
      await edge.bus.emit('objectStored', { ...told, object: modelObject({ t: 'INT' }) });
      await edge.store('device', deviceObject([{ name: 't', desired: 'warm' }]));
      expect(edge.twin.getTwins('default', 'sensor1')?.[0]?.observedDesired?.value).to.equal('warm');
    });

    it('are applied at a start after a crash between the ack and the application, and only once', async () => {
      edge.objects.set('default/devicemodel/model1', modelObject({ t: 'INT' }));
      edge.objects.set('default/device/sensor1', deviceObject([{ name: 't', desired: '22' }]));
      await edge.stop();
      await edge.start();
      expect(edge.twin.getTwins('default', 'sensor1')?.[0]?.observedDesired?.value).to.equal('22');
      const before = edge.published.length;
      await edge.stop();
      await edge.start();
      expect(edge.published).to.have.length(before);
    });

    it('take the device, its twins and its reports away when they are deleted, even while nobody watched', async () => {
      for (const away of [false, true]) {
        await edge.store('device', deviceObject([{ name: 't', desired: '22' }]));
        await edge.report({ t: { actual: { value: '1' } } });
        if (away) {
          await edge.stop();
          edge.objects.clear();
          await edge.start();
        } else await edge.remove('device', 'sensor1');
        expect(edge.twin.listDevices()).to.deep.equal([]);
        expect(edge.twin.status()).to.deep.include({ facts: { devices: 0 }, queues: { unconfirmed: 0, inFlight: 0 } });
        const last = edge.heard('$hw/events/node/edge1/membership/updated').at(-1);
        expect(last?.['removed_devices']).to.deep.equal([{ id: 'default/sensor1', name: 'sensor1' }]);
        expect(edge.db.prepare('SELECT count(*) AS n FROM device_twin').get()).to.deep.equal({ n: 0 });
      }
    });

    it('with another uid begin from nothing', async () => {
      await edge.store('device', deviceObject([{ name: 't', desired: '22' }]));
      await edge.report({ own: { actual: { value: '1' } } });
      await edge.store('device', deviceObject([{ name: 't', desired: '22' }], { uid: 'u2' }));
      expect(edge.twin.getTwins('default', 'sensor1')?.map(({ propertyName }) => propertyName)).to.deep.equal(['t']);
      expect(edge.twin.getTwins('default', 'sensor1')?.[0]?.observedDesired?.value).to.equal('22');
    });

    it('keep their desired values when the membership of a predecessor is removed after they came', async () => {
      await edge.store('device', deviceObject([{ name: 't', desired: '22' }], { uid: 'u2' }));
      await edge.membership([], ['default/sensor1']);
      await edge.membership(['default/sensor1']);
      expect(edge.twin.getTwins('default', 'sensor1')?.[0]?.observedDesired?.value).to.equal('22');
    });

    it('of clouds up to 1.14 (v1alpha2) leave the twins to the messages', async () => {
      const old = { ...deviceObject([]), spec: { nodeSelector: {}, propertyVisitors: [] } };
      await edge.fromCloud('update', 'membership', {
        added_devices: [{ id: 'sensor2', name: 'sensor2', twin: { t: { expected: { value: '5' }, metadata: { type: 'int' } } } }],
        removed_devices: null,
      });
      await edge.store('device', { ...old, metadata: { ...old.metadata, name: 'sensor2' } });
      expect(edge.twin.getTwins('default', 'sensor2')?.[0]?.observedDesired?.value).to.equal('5');
      edge.sent.length = 0;
      await edge.report({ t: { actual: { value: '5' } } }, 'sensor2');
      expect(edge.sent[0]?.route.resource).to.equal('device/sensor2/twin/edge_updated');
    });

    it('that cannot be applied hold up no others', async () => {
      edge.objects.set('default/device/broken', { metadata: { name: 'broken', namespace: 'default' }, spec: { properties: 5 } } as never);
      edge.objects.set('default/device/sensor1', deviceObject([{ name: 't', desired: '22' }]));
      await edge.stop();
      await edge.start();
      expect(edge.twin.getTwins('default', 'sensor1')).to.have.length(1);
    });
  });

  it('shows devices as Kubernetes does, offline, and tells watchers of every change', async () => {
    edge.connected = false;
    await edge.store('device', deviceObject([{ name: 't', desired: '22' }]));
    const seen: (Device | undefined)[] = [];
    const stop = new AbortController();
    edge.twin.watchTwins('default', 'sensor1', (device) => void seen.push(device), stop.signal);
    await edge.report({ t: { actual: { value: '21' } } });
    const device = edge.twin.getDevice('default', 'sensor1');
    const timestamp = String(clock.now());
    expect(device).to.deep.include({ ...deviceObject([{ name: 't', desired: '22' }]) });
    expect(device?.status).to.deep.equal({
      twins: [
        {
          propertyName: 't',
          reported: { value: '21', metadata: { timestamp, type: 'string' } },
          observedDesired: { value: '22', metadata: { timestamp, type: 'string' } },
        },
      ],
    });
    expect(seen).to.deep.equal([device]);
    await edge.remove('device', 'sensor1');
    expect(seen.at(-1)).to.equal(undefined);
    stop.abort();
    await edge.membership(['default/sensor1']);
    expect(seen).to.have.length(2);
    expect(edge.twin.getDevice('default', 'nosuch')).to.equal(undefined);
    expect(edge.twin.getTwins('default', 'nosuch')).to.equal(undefined);
  });

  it('answers in the form of the topic that asked', async () => {
    const plain = '$hw/events/device/sensor1';
    await edge.report({ t: { expected: { value: '1' } } }, 'sensor1');
    for (const suffix of ['result', 'document', 'delta']) expect(edge.heard(`${plain}/twin/update/${suffix}`), suffix).to.have.length(1);
    await edge.twin.commit(`${plain}/twin/get`, Buffer.from('{}'));
    expect(edge.heard(`${plain}/twin/get/result`)[0]?.['twin']).to.have.keys(['t']);
    await edge.twin.commit('$hw/events/device/nosuch/twin/get', Buffer.from('{"event_id":"g"}'));
    expect(edge.heard('$hw/events/device/nosuch/twin/get/result')).to.deep.equal([
      { event_id: 'g', timestamp: clock.now(), code: 404, reason: 'Device nosuch not found while getting twin' },
    ]);
  });

  it('tells both the empty ID, as KubeEdge does, and the device’s own topic of an update that it cannot read', async () => {
    await edge.twin.commit(`${SENSOR}/twin/update`, Buffer.from('{"event_id":"e6"}'));
    const reason = 'Update twin error, key:twin does not exist';
    const timestamp = clock.now();
    expect(edge.heard('$hw/events/device//twin/update/result')).to.deep.equal([{ event_id: '', timestamp, code: 400, reason }]);
    expect(edge.heard(`${SENSOR}/twin/update/result`)).to.deep.equal([{ event_id: 'e6', timestamp, code: 400, reason }]);
  });

  it('ignores states that KubeEdge does not know, and sets lastOnlineTime for online and ok only', async () => {
    const state = (text: string): Promise<void> => edge.twin.commit(`${SENSOR}/state/update`, Buffer.from(JSON.stringify({ state: text })));
    await state('dancing');
    expect(edge.heard(`${SENSOR}/state/update/result`)).to.have.length(0);
    await state('unhealthy');
    expect(edge.heard(`${SENSOR}/state/update/result`)[0]?.['device']).to.deep.equal({ name: 'sensor1', state: 'unhealthy' });
    await state('OK');
    expect(edge.heard(`${SENSOR}/state/update/result`)[1]?.['device']).to.have.property('lastOnlineTime');
  });

  it('whatever is published: it is taken, and answered where an answer is due', async () => {
    const suffix = fc.constantFrom('twin/update', 'twin/get', 'state/update');
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.jsonValue().map((twin) => JSON.stringify({ event_id: 'f', twin })),
    );
    await fc.assert(
      fc.asyncProperty(suffix, body, async (kind, payload) => {
        edge.published.length = 0;
        await edge.twin.commit(`${SENSOR}/${kind}`, Buffer.from(payload));
        if (kind !== 'state/update') expect(edge.heard(`${SENSOR}/${kind}/result`)).to.have.length(1);
        edge.twin.getDevice('default', 'sensor1');
      }),
      { numRuns: 300 },
    );
  });

  it('bounds the names that applications may give to twins, deleted ones included, but for the properties of the object', async () => {
    const names = (from: number, to: number): object =>
      Object.fromEntries(Array.from({ length: to - from }, (_, i) => [`t${from + i}`, { actual: { value: '1' } }]));
    const last = (): object | undefined => edge.heard(`${SENSOR}/twin/update/result`).at(-1);
    await edge.store('device', deviceObject([{ name: 'declared' }]));
    await edge.report(names(0, 998));
    await edge.report({ t0: null });
    const refused = { code: 400, reason: 'the number of twins of a device should not be more than 1000' };
    await edge.report(names(998, 1_001));
    expect(last()).to.deep.include(refused);
    await edge.report(names(998, 1_000));
    await edge.report({ one: { actual: { value: '1' } } });
    expect(last()).to.deep.include(refused);
    await edge.report({ ...names(5, 6), declared: { actual: { value: '1' } } });
    expect(last()).to.have.nested.property('twin.declared.actual.value', '1');
  });

  it('acknowledges nothing while another process has locked the database', async () => {
    const other = openDatabase(join(edge.dir, 'data.db'), EDGE_MIGRATIONS);
    other.exec('BEGIN IMMEDIATE');
    const refused = await edge.report({ t: { actual: { value: '1' } } }).catch((error: unknown) => error);
    expect(refused)
      .to.have.property('code')
      .that.matches(/^SQLITE_BUSY/);
    await edge.store('device', deviceObject([{ name: 'd', desired: '22' }]));
    other.exec('ROLLBACK');
    other.close();
    await edge.report({ t: { actual: { value: '1' } } });
    await eventually(() => {
      clock.advance(100);
      return edge.twin.getTwins('default', 'sensor1')?.length === 2;
    });
  });

  it('stores at its end what had arrived', async () => {
    const report = edge.report({ t: { actual: { value: '1' } } });
    await edge.stop();
    await report;
    await edge.start();
    expect(edge.twin.getTwins('default', 'sensor1')?.[0]?.reported?.value).to.equal('1');
  });

  it('a full disk: nothing is kept of a report, it is not acknowledged, and the result says 500; later it works again', async () => {
    const pages = edge.db.pragma('page_count', { simple: true }) as number;
    edge.db.pragma(`max_page_count = ${pages}`);
    const value = 'x'.repeat(512);
    const big = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`t${i}`, { actual: { value } }]));
    const small = edge.twin.commit(`${SENSOR}/twin/get`, Buffer.from('{}'));
    const refused = edge.report(big).then(
      () => undefined,
      (error: unknown) => error,
    );
    await small;
    expect(await refused).to.have.property('code', 'SQLITE_FULL');
    expect(edge.heard(`${SENSOR}/twin/update/result`).at(-1)).to.deep.include({ event_id: 'e', code: 500 });
    expect(edge.twin.getTwins('default', 'sensor1')).to.deep.equal([]);
    edge.db.pragma('max_page_count = 1000000');
    await edge.report(big);
    expect(edge.twin.getTwins('default', 'sensor1')).to.have.length(200);
  });
});
