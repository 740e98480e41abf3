import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { ExternalBroker } from '../../src/config/external-broker.ts';
import { MqttClient } from '../../src/mqtt/client.ts';
import type { MqttMessage } from '../../src/mqtt/message.ts';
import { openDatabase } from '../../src/store/database.ts';
import { DeviceTwins } from '../../src/store/device-twins.ts';
import { EDGE_MIGRATIONS } from '../../src/store/edge-schema.ts';
import { DeviceEdge, deviceObject } from '../helpers/device-edge.ts';
import { eventually } from '../helpers/eventually.ts';
import { Mosquitto } from '../helpers/mosquitto.ts';
import { needs } from '../helpers/neighbour.ts';

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
    const script = fileURLToPath(new URL('../fixtures/device-edge-process.ts', import.meta.url));
    const command = ['--import', 'tsx', script, join(edge.dir, 'data.db'), ...args];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
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
});

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
