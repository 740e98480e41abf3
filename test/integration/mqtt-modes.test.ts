import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ExternalBroker } from '../../src/config/external-broker.ts';
import { Broker } from '../../src/mqtt/broker.ts';
import { MqttClient } from '../../src/mqtt/client.ts';
import type { MqttMessage } from '../../src/mqtt/message.ts';
import { openDatabase } from '../../src/store/database.ts';
import { DeviceTwins } from '../../src/store/device-twins.ts';
import { EDGE_MIGRATIONS } from '../../src/store/edge-schema.ts';
import { BrokerStore } from '../helpers/broker-store.ts';
import { DeviceEdge, deviceObject, eventBusConfig } from '../helpers/device-edge.ts';
import { spawnDeviceEdge } from '../helpers/device-edge-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { Mosquitto } from '../helpers/mosquitto.ts';
import { needs } from '../helpers/neighbour.ts';
import { testScope } from '../helpers/test-scope.ts';
import type { TestScope } from '../helpers/test-scope.ts';

const SENSOR = '$hw/events/device/default/sensor1';
const UPDATE = `${SENSOR}/twin/update`;
const update = (value: string, name = 't'): string => JSON.stringify({ event_id: value, twin: { [name]: { actual: { value } } } });
const isRefused = (text: string) => (edge: DeviceEdge) => new RegExp(text).test(edge.eventBus.status().detail ?? '');

describe('MQTT modes', function () {
  this.timeout(120_000);
  let broker: Mosquitto;
  let edge: DeviceEdge;
  const clients: MqttClient[] = [];
  const children: ChildProcess[] = [];
  let oldBroker: TestScope | undefined;
  before(function () {
    needs(this, 'mosquitto', 'mosquitto clients');
  });
  beforeEach(() => {
    broker = new Mosquitto();
    edge = new DeviceEdge();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await Promise.all(clients.splice(0).map((client) => client.end(true)));
    await edge.destroy();
    await broker.remove();
    await oldBroker?.end();
    oldBroker = undefined;
  });

  async function client(url: string, options: object = {}): Promise<MqttClient> {
    const connected = await MqttClient.connect(url, { timeoutMs: 20_000, ...options });
    clients.push(connected);
    return connected;
  }

  async function listener(url: string, filters: string[], options: object = {}): Promise<MqttMessage[]> {
    const heard: MqttMessage[] = [];
    const connected = await client(url, options);
    connected.onMessage((message) => heard.push(message));
    await connected.subscribe(filters);
    return heard;
  }

  async function startEdge(mode: 'external' | 'both', external: ExternalBroker = { url: broker.url }): Promise<void> {
    await edge.start({ mqtt: true, mode, external });
  }

  /** The MQTT side of an edge as a process; resolves once it runs. */
  async function edgeProcess(...args: string[]): Promise<{ child: ChildProcess; lines: string[] }> {
    const child = await spawnDeviceEdge([join(edge.dir, 'data.db'), ...args]);
    children.push(child);
    const lines: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(...text.split('\n')));
    await eventually(() => lines.some((line) => line.startsWith('mqtt')), 'the edge', 60_000);
    return { child, lines };
  }

  const linked = (): Promise<unknown> => eventually(() => edge.eventBus.status().state === 'ok', 'the link to the broker');
  const reported = (name = 't'): string | undefined =>
    edge.twin.getTwins('default', 'sensor1')?.find(({ propertyName }) => propertyName === name)?.reported?.value;
  describe('external', () => {
    it('serves the applications of the broker, and the cloud’s router', async () => {
      await broker.start();
      await startEdge('external');
      await linked();
      await edge.membership(['default/sensor1']);
      const heard = await listener(broker.url, ['$hw/#']);
      const app = await client(broker.url);
      await app.publish(UPDATE, update('21'));
      await eventually(() => heard.some(({ topic }) => topic === `${UPDATE}/document`));
      expect(reported()).to.equal('21');
      expect(heard.filter(({ topic }) => topic.startsWith(UPDATE)).map(({ topic }) => topic)).to.deep.equal([
        UPDATE,
        `${UPDATE}/result`,
        `${UPDATE}/document`,
      ]);
      await app.publish('$hw/events/device/sensor1/twin/get', '{"event_id":"plain"}');
      await eventually(() => heard.some(({ topic }) => topic === '$hw/events/device/sensor1/twin/get/result'));
      await app.publish('default/user/x', 'up');
      await eventually(() => edge.sent.some(({ route }) => route.resource === 'default/user/x'));
      expect(edge.eventBus.status().facts).to.deep.include({ mode: 'external', urls: [broker.url] });
      expect(edge.eventBus.status().facts?.['external']).to.deep.include({ connected: true, protocol: '5' });
    });

    it('knows the broker by its CA, and shows its certificate', async () => {
      broker = new Mosquitto({ tls: true });
      await broker.start();
      const files = { caFile: broker.file('ca.crt'), certFile: broker.file('client.crt'), keyFile: broker.file('client.key') };
      await startEdge('external', { url: broker.url, ...files });
      await linked();
      await edge.stop();
      await startEdge('external', { url: broker.url });
      await eventually(() => isRefused('self-signed|unable to|certificate')(edge), 'the refusal of an unknown CA');
      await edge.stop();
      await startEdge('external', { url: broker.url, caFile: files.caFile });
      await eventually(() => isRefused('our certificate, or wants one')(edge), 'the broker’s refusal');
    });

    it('shows user name and password, and recovers when the file is right', async () => {
      const acl = ['$hw/events/#', '$ke/events/#', 'SYS/dis/upload_records', '+/user/#'];
      broker = new Mosquitto({ users: { edge: { password: 'right', acl }, app: { password: 'app', acl: ['#', '$hw/#'] } } });
      await broker.start();
      const passwordFile = join(edge.dir, 'password');
      writeFileSync(passwordFile, 'wrong\n');
      await startEdge('external', { url: broker.url, username: 'edge', passwordFile });
      await eventually(() => isRefused('[Nn]ot authorized')(edge), 'the refusal');
      writeFileSync(passwordFile, 'right\n');
      await linked();
      await edge.membership(['default/sensor1']);
      const identity = { username: 'app', password: 'app' };
      const heard = await listener(broker.url, [`${UPDATE}/result`], identity);
      await (await client(broker.url, identity)).publish(UPDATE, update('3'));
      await eventually(() => heard.length === 1);
    });

    it('waits for a broker that is away at the start, and publishes what it had to say meanwhile, in order', async () => {
      await broker.prepare();
      await startEdge('external');
      await eventually(() => isRefused('cannot connect to the MQTT broker')(edge));
      await edge.store('device', deviceObject([{ name: 't', desired: '22' }]));
      await edge.store('device', deviceObject([{ name: 't', desired: '23' }], { rv: '401' }));
      // Somebody listens at the broker before the edge is back there: its next attempt may be a while away.
      await broker.start();
      const heard = await listener(broker.url, [`${UPDATE}/delta`], { clientId: 'app', clean: false });
      await eventually(() => heard.length >= 3, 'the deltas', 60_000);
      const values = heard.map(({ payload }) => (JSON.parse(payload.toString()) as { delta: { t: string } }).delta.t);
      expect(values).to.deep.equal(['22', '23', '23']);
      await linked();
    });

    it('misses nothing that the broker kept: the edge was away, and the broker was restarted', async () => {
      await broker.start();
      await startEdge('external');
      await linked();
      await edge.membership(['default/sensor1']);
      await edge.stop();
      const app = await client(broker.url);
      for (let n = 1; n <= 300; n++) await app.publish(UPDATE, update(String(n), `n${n}`));
      await app.publish('default/user/late', 'kept');
      await broker.stop();
      await broker.start();
      await startEdge('external');
      await eventually(() => reported('n300') === '300', 'the last report', 60_000);
      for (let n = 1; n <= 300; n++) expect(reported(`n${n}`), `report ${n}`).to.equal(String(n));
      await eventually(() => edge.sent.some(({ route }) => route.resource === 'default/user/late'));
    });

    it('goes on when the broker was killed under it', async () => {
      await broker.start();
      await startEdge('external');
      await linked();
      await edge.membership(['default/sensor1']);
      await broker.stop('SIGKILL');
      await eventually(() => edge.eventBus.status().state === 'degraded');
      await broker.start();
      await eventually(() => edge.eventBus.status().state === 'ok', 'the link', 60_000);
      await (await client(broker.url)).publish(UPDATE, update('7'));
      await eventually(() => reported() === '7');
    });

    it('acknowledges after the commit: killed between the two, it gets the message again', async () => {
      await broker.start();
      const stalled = await edgeProcess(broker.url, 'stall');
      await eventually(() => /Sending SUBACK to kedge-edge1/.test(broker.log));
      await (await client(broker.url)).publish(UPDATE, update('5'));
      await eventually(() => stalled.lines.includes(`received ${UPDATE}`), 'the receipt');
      stalled.child.kill('SIGKILL');
      await once(stalled.child, 'exit');
      expect(broker.log)
        .to.match(/Sending PUBLISH to kedge-edge1/)
        .and.not.match(/Received PUBACK from kedge-edge1/);
      const next = await edgeProcess(broker.url);
      await eventually(() => /Received PUBACK from kedge-edge1/.test(broker.log), 'the acknowledgement', 60_000);
      next.child.kill('SIGKILL');
      await once(next.child, 'exit');
      expect(storedTwins(edge.dir).get('t')?.actual?.value).to.equal('5');
    });

    it('loses nothing that the broker acknowledged when the edge is killed in mid-stream, again and again', async () => {
      await broker.start();
      const app = await client(broker.url);
      const heard = await listener(broker.url, [`${UPDATE}/result`]);
      let acknowledged = 0;
      for (let round = 0; round < 4; round++) {
        const { child } = await edgeProcess(broker.url);
        if (round === 0) await eventually(() => /Sending SUBACK to kedge-edge1/.test(broker.log));
        const reports = Array.from({ length: 150 }, async (_, index) => {
          const n = round * 150 + index + 1;
          await app.publish(UPDATE, update(String(n), nameOf(n)));
          acknowledged += 1;
          if (index === 40 * round + 10) child.kill('SIGKILL');
        });
        await Promise.all(reports);
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
      const last = await edgeProcess(broker.url);
      await eventually(() => heard.some(({ payload }) => payload.includes('"event_id":"600"')), 'the last answer', 60_000);
      last.child.kill('SIGKILL');
      await once(last.child, 'exit');
      const twins = storedTwins(edge.dir);
      expect(acknowledged).to.equal(600);
      for (let n = 201; n <= 600; n++) expect(twins.get(nameOf(n))?.actual?.value, `report ${n}`).to.equal(String(n));
    });
  });

  describe('both', () => {
    /** How often each message was heard, by topic and what tells it apart. */
    const counts = (messages: readonly MqttMessage[]): Record<string, number> => {
      const counted: Record<string, number> = {};
      for (const { topic, payload } of messages) {
        const { event_id: id = payload.toString() } = parse(payload);
        const key = `${topic.replace(`${SENSOR}/`, '')} ${id}`;
        counted[key] = (counted[key] ?? 0) + 1;
      }
      return counted;
    };
    const FILTERS = [`${UPDATE}/#`, '$ke/#', '+/user/#', 'private'];

    for (const [protocol, makeOther] of [
      ['5', () => broker.start()],
      ['3.1.1', () => startOldBroker()],
    ] as const) {
      it(`passes everything on once, and takes it once, with a broker of MQTT ${protocol}`, async () => {
        const { url } = await makeOther();
        await startEdge('both', { url });
        await linked();
        expect(edge.eventBus.status().facts?.['external']).to.deep.include({ protocol });
        await edge.membership(['default/sensor1']);
        const own = edge.eventBus.urls[0]!;
        const [inside, outside] = [await listener(own, FILTERS), await listener(url, FILTERS)];
        const [insider, outsider] = [await client(own), await client(url)];
        for (const [app, name] of [
          [insider, 'in'],
          [outsider, 'out'],
        ] as const) {
          await app.publish(UPDATE, update(`${name}1`));
          await app.publish('$ke/events/device/sensor1/data/update', name);
          await app.publish('default/user/x', name);
          await app.publish('default/user/x', name);
          await app.publish('private', name);
        }
        await insider.publish('end/user/x', 'end');
        await outsider.publish('end/user/y', 'end');
        const ended = (messages: MqttMessage[]): boolean =>
          ['end/user/x', 'end/user/y'].every((topic) => messages.some((message) => message.topic === topic));
        await eventually(() => ended(inside) && ended(outside), 'the end on both sides');
        const everything = {
          'twin/update in1': 1,
          'twin/update/result in1': 1,
          'twin/update/document in1': 1,
          'twin/update out1': 1,
          'twin/update/result out1': 1,
          'twin/update/document out1': 1,
          '$ke/events/device/sensor1/data/update in': 1,
          '$ke/events/device/sensor1/data/update out': 1,
          'default/user/x in': 2,
          'default/user/x out': 2,
          'end/user/x end': 1,
          'end/user/y end': 1,
        };
        // Where the broker has no way to leave out the sender, requests are told by their documents only.
        const withoutRequest = Object.fromEntries(Object.entries(everything).filter(([key]) => key !== 'twin/update in1'));
        expect(counts(inside)).to.deep.equal({ ...everything, 'private in': 1 });
        expect(counts(outside)).to.deep.equal({ ...(protocol === '5' ? everything : withoutRequest), 'private out': 1 });
        expect(edge.sent.filter(({ route }) => route.resource === 'default/user/x')).to.have.length(4);
        // Each update moves the version by one.
        const version = edge.db.prepare("SELECT actual_version FROM device_twin WHERE name = 't'").pluck().get() as string;
        expect(JSON.parse(version)).to.deep.equal({ cloud: 0, edge: 2 });
      });
    }

    it('serves its own applications while the other broker is away, and tells the others when it is back', async () => {
      await broker.prepare();
      await startEdge('both');
      await edge.membership(['default/sensor1']);
      const insider = await client(edge.eventBus.urls[0]!);
      await insider.publish(UPDATE, update('8'));
      await insider.publish('default/user/x', 'kept');
      expect(reported()).to.equal('8');
      expect(edge.eventBus.status().state).to.equal('degraded');
      await broker.start();
      const heard = await listener(broker.url, ['#', '$hw/#'], { clientId: 'app', clean: false });
      await eventually(() => heard.some(({ topic }) => topic === 'default/user/x'), 'what was kept', 60_000);
      expect(heard.map(({ topic }) => topic).filter((topic) => topic.startsWith(UPDATE))).to.include.members([
        UPDATE,
        `${UPDATE}/document`,
      ]);
    });
  });

  describe('a change of the mode', () => {
    /** Publishes numbered reports until told to stop, again and again until each is acknowledged. */
    function stream(url: () => string, prefix: string): { stop: () => Promise<number> } {
      let sent = 0;
      const ended = new AbortController();
      const done = (async () => {
        let app: MqttClient | undefined;
        while (!ended.signal.aborted) {
          try {
            app ??= await MqttClient.connect(url(), { reconnect: false });
            await app.publish(UPDATE, update(String(sent + 1), `${prefix}${(sent + 1) % 300}`));
            sent += 1;
          } catch {
            await app?.end(true);
            app = undefined;
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
        await app?.end(true);
      })();
      return {
        stop: async () => {
          ended.abort();
          await done;
          return sent;
        },
      };
    }

    const configOf = (mode: 'internal' | 'external' | 'both', port: number) =>
      eventBusConfig({
        mode,
        listen: [{ address: '127.0.0.1', port }],
        maxPacketBytes: 100_000,
        ...(mode !== 'internal' && { external: { url: broker.url } }),
      });

    it('loses no report that was acknowledged on either side', async () => {
      await broker.start();
      await edge.start({ mqtt: true });
      await edge.membership(['default/sensor1']);
      const [inside] = edge.eventBus.urls;
      const port = Number(new URL(inside!).port);
      const insider = stream(() => inside!, 'i');
      expect(await edge.eventBus.reload(configOf('both', port))).to.deep.equal({ mode: 'both', drained: true });
      const outsider = stream(() => broker.url, 'o');
      await eventually(() => reported('o99') !== undefined && reported('i99') !== undefined, 'reports of both', 60_000);
      expect(await edge.eventBus.reload(configOf('external', port))).to.deep.equal({ mode: 'external', drained: true });
      const lastInside = await insider.stop();
      expect(edge.eventBus.urls).to.deep.equal([broker.url]);
      await eventually(() => Number(reported('o5')) > 300, 'another round', 60_000);
      const lastOutside = await outsider.stop();
      expect(await edge.eventBus.reload(configOf('internal', port))).to.deep.equal({ mode: 'internal', drained: true });
      expect(edge.eventBus.urls).to.deep.equal([inside]);
      for (const [prefix, last] of [
        ['i', lastInside],
        ['o', lastOutside],
      ] as const) {
        expect(last).to.be.greaterThan(99);
        for (let n = Math.max(1, last - 299); n <= last; n++)
          expect(Number(reported(`${prefix}${n % 300}`)), `report ${prefix}${n}`).to.be.at.least(n);
      }
      // All of it is on its way to the cloud.
      const marks = edge.db.prepare("SELECT count(*) FROM outbox WHERE kind = 'twin'").pluck().get();
      expect(marks).to.equal(edge.twin.getTwins('default', 'sensor1')?.length);
      // The broker keeps nothing more for an edge that has left.
      await eventually(() => /kedge-edge1 \(p5, c1/.test(broker.log));
    });

    it('takes what the broker still kept before it leaves it', async () => {
      await broker.start();
      await startEdge('external');
      await linked();
      await edge.membership(['default/sensor1']);
      const app = await client(broker.url);
      const published = Array.from({ length: 500 }, (_, n) => app.publish(UPDATE, update(String(n), `n${n}`)));
      await published[300];
      const change = edge.eventBus.reload(configOf('internal', 0));
      await Promise.all(published.slice(0, 301));
      expect(await change).to.deep.equal({ mode: 'internal', drained: true });
      for (let n = 0; n <= 300; n++) expect(reported(`n${n}`), `report ${n}`).to.equal(String(n));
    });

    it('is undone when the new listener cannot be had', async () => {
      await broker.start();
      await startEdge('external');
      await linked();
      const failed = await edge.eventBus.reload(configOf('both', broker.port)).catch((error: unknown) => error);
      expect(failed).to.have.property('code', 'PORT_IN_USE');
      expect(edge.eventBus.status()).to.deep.include({ state: 'ok' });
      expect(edge.eventBus.urls).to.deep.equal([broker.url]);
    });
  });

  /** The embedded broker speaks 3.1.1 alone, so another one of it will do. */
  async function startOldBroker(): Promise<{ url: string }> {
    const store = new BrokerStore();
    const listen = [{ address: '127.0.0.1', port: 0 }];
    const old = new Broker({ ...store.options, listen, maxPacketBytes: 100_000, commit: () => undefined });
    oldBroker = testScope();
    oldBroker.defer(() => store.remove());
    await old.start(oldBroker);
    return { url: `mqtt://127.0.0.1:${old.addresses[0]?.port ?? 0}` };
  }
});

function parse(payload: Buffer): { event_id?: string } {
  try {
    return JSON.parse(payload.toString()) as { event_id?: string };
  } catch {
    return {};
  }
}

/** Twins that the reports take in turn. */
const nameOf = (report: number): string => `n${report % 400}`;

function storedTwins(dir: string): ReturnType<DeviceTwins['list']> {
  const db = openDatabase(join(dir, 'data.db'), EDGE_MIGRATIONS);
  try {
    return new DeviceTwins(db).list('default/sensor1');
  } finally {
    db.close();
  }
}
