import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dmi } from '../../src/daemons/edge/devicetwin/dmi/dmi.ts';
import { MqttClient } from '../../src/mqtt/client.ts';
import type { DmiDevice } from '../../src/protocol/dmi.ts';
import { GroupCommit } from '../../src/store/group-commit.ts';
import { DeviceEdge, deviceObject, modelObject } from '../helpers/device-edge.ts';
import { spawnDeviceEdge } from '../helpers/device-edge-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { TestMapper } from '../helpers/test-mapper.ts';
import { testScope } from '../helpers/test-scope.ts';

const SENSOR = '$hw/events/device/default/sensor1';

/** What a client hears of the deltas of sensor1. */
async function listen(url: string, options: { clientId?: string; clean?: boolean } = {}): Promise<{ client: MqttClient; heard: string[] }> {
  const client = await MqttClient.connect(url, { reconnect: false, ...options });
  const heard: string[] = [];
  client.onMessage(({ topic, payload }) => {
    if (topic === `${SENSOR}/twin/update/delta`) heard.push(payload.toString());
  });
  await client.subscribe(`${SENSOR}/twin/update/delta`);
  return { client, heard };
}

const deltaOf = (heard: string[]): unknown => (JSON.parse(heard.at(-1) ?? '{}') as { delta?: unknown }).delta;

describe('desired values over MQTT', () => {
  let edge: DeviceEdge;
  beforeEach(async () => {
    edge = await new DeviceEdge().start({ mqtt: true });
    await edge.store('devicemodel', modelObject({ t: 'INT' }));
    await edge.store('device', deviceObject([{ name: 't', desired: '22' }]));
  });
  afterEach(() => edge.destroy());

  it('reach a device that subscribes when all has been told, and another one does not get a queue of them', async () => {
    const away = await listen(edge.eventBus.urls[0]!, { clientId: 'away', clean: false });
    await eventually(() => away.heard.length > 0, 'the delta, on the subscription');
    await away.client.end(true);
    const { client, heard } = await listen(edge.eventBus.urls[0]!);
    await eventually(() => heard.length >= 3, 'the delta and its repetitions');
    expect(new Set(heard).size, 'one and the same message').to.equal(1);
    expect(deltaOf(heard)).to.deep.equal({ t: '22' });
    expect(edge.eventBus.status().facts?.['queued']).to.equal(0);
    await client.publish(`${SENSOR}/twin/update`, JSON.stringify({ twin: { t: { actual: { value: '022' } } } }));
    await eventually(() => edge.twin.deltas().length === 0, 'the report');
    await client.end(true);
  });

  it('reach a device after the edge was ended, and after it was killed', async () => {
    await edge.stop();
    await edge.start({ mqtt: true });
    const { client, heard } = await listen(edge.eventBus.urls[0]!);
    await eventually(() => heard.length > 0, 'the delta after a restart');
    expect(deltaOf(heard)).to.deep.equal({ t: '22' });
    await client.end(true);

    const dir = mkdtempSync(join(tmpdir(), 'kedge-desired-'));
    try {
      await killedProcess(dir, async ({ client: app }) => {
        await app.publish(`${SENSOR}/twin/update`, JSON.stringify({ twin: { t: { expected: { value: '30' } } } }));
      });
      await killedProcess(dir, async ({ heard: after }) => {
        await eventually(() => after.length > 0, 'the delta after kill -9');
        expect(deltaOf(after)).to.deep.equal({ t: '30' });
      });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

/** An edge as a process, with a client that hears deltas; then kill -9. */
async function killedProcess(dir: string, work: (app: { client: MqttClient; heard: string[] }) => Promise<void>): Promise<void> {
  const child = await spawnDeviceEdge([join(dir, 'data.db')]);
  const exited = once(child, 'exit');
  try {
    const [url] = (await once(child.stdout, 'data')) as [Buffer];
    const app = await listen(url.toString().trim());
    await work(app);
    child.kill('SIGKILL');
    await app.client.end(true);
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

describe('desired values over DMI', () => {
  it('are told again with patience until the mapper reports them, if it is asked to report them', async () => {
    const clock = new ManualClock();
    const edge = await new DeviceEdge(clock).start();
    const scope = testScope();
    const mapper = new TestMapper({ socket: join(edge.dir, 'mapper.sock'), edge: join(edge.dir, 'dmi.sock'), protocol: 'virtual' });
    try {
      const get = (type: string) => [...edge.objects].filter(([key]) => key.split('/')[1] === type).map(([, object]) => object);
      const dmi = new Dmi([join(edge.dir, 'dmi.sock')], {
        db: edge.db,
        group: new GroupCommit(edge.db),
        bus: edge.bus,
        clock,
        listStored: get,
        getStored: ({ namespace, type, name }) => edge.objects.get(`${namespace}/${type}/${name}`),
        report: (kind, device, body) => edge.twin.report(kind, device, body),
      });
      await dmi.start(scope);
      edge.remind = (id, delta) => dmi.remind(id, delta);
      await mapper.serve();
      await mapper.register();
      await edge.store('devicemodel', modelObject({ t: 'INT', silent: 'INT' }));
      const device = (rv: string, properties: object[]) => {
        const object = deviceObject([], { rv });
        return { ...object, spec: { deviceModelRef: { name: 'model1' }, protocol: { protocolName: 'virtual' }, properties } };
      };
      const silent = { name: 'silent', desired: { value: '5' } };
      await edge.store('device', device('1', [{ name: 't', desired: { value: '22' }, reportToCloud: true }, silent]));
      await eventually(() => mapper.calls.some(({ method }) => method === 'RegisterDevice'), 'the registration');
      const updates = (): (string | undefined)[] =>
        mapper.calls
          .filter(({ method }) => method === 'UpdateDevice')
          .map(({ request }) => (request['device'] as DmiDevice).spec.properties[0]?.desired?.value);
      clock.advance(14_000);
      expect(updates()).to.deep.equal([]);
      clock.advance(16_000);
      await eventually(() => updates().length === 1, 'the first repetition');
      await mapper.report('sensor1', { t: '20' });
      await edge.store('device', device('2', [{ name: 't', desired: { value: '25' }, reportToCloud: true }, silent]));
      await eventually(() => updates().at(-1) === '25', 'what replaced it');
      const told = updates().length;
      clock.advance(30_000);
      await eventually(() => updates().length > told, 'its repetition');
      expect(new Set(updates().slice(told - 1))).to.deep.equal(new Set(['25']));
      // Left is what nobody is asked to report: it may well be as desired.
      await mapper.report('sensor1', { t: '25' });
      const settled = updates().length;
      clock.advance(3_600_000);
      await edge.store('devicemodel', { ...modelObject({ t: 'INT', silent: 'INT', more: 'INT' }) });
      await eventually(() => mapper.calls.some(({ method }) => method === 'UpdateDeviceModel'), 'what is told later');
      expect(updates()).to.have.length(settled);
    } finally {
      mapper.die();
      await scope.end();
      await edge.destroy();
    }
  }).timeout(30_000);
});
