import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Thermostat } from '../../src/lab/thermostat.ts';
import { sleep } from '../../src/kernel/clock.ts';
import { MqttClient } from '../../src/mqtt/client.ts';
import type { Message } from '../../src/protocol/message.ts';
import { openDatabase } from '../../src/store/database.ts';
import { DeviceTwins } from '../../src/store/device-twins.ts';
import { EDGE_MIGRATIONS } from '../../src/store/edge-schema.ts';
import { DeviceEdge, deviceObject, modelObject } from '../helpers/device-edge.ts';
import { spawnDeviceEdge } from '../helpers/device-edge-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { needs } from '../helpers/neighbour.ts';
import { seeded } from '../helpers/seeded.ts';

describe('devices over MQTT', () => {
  let edge: DeviceEdge;
  let client: MqttClient;
  beforeEach(async () => {
    edge = await new DeviceEdge().start({ mqtt: true });
    client = await MqttClient.connect(edge.eventBus.urls[0]!);
  });
  afterEach(async () => {
    await client.end(true);
    await edge.destroy();
  });

  for (const version of ['v1.14.5', 'v1.18.3', 'v1.19.2']) {
    it(`answers what was recorded of KubeEdge ${version} as KubeEdge did`, async () => {
      const heard: string[] = [];
      const told = new Set<string>();
      client.onMessage(({ topic, payload }) => {
        // Where the cloud leaves the namespace out, the topics of one level are KubeEdge's; those of two are told besides.
        const isBesides = version === 'v1.14.5' && topic.startsWith('$hw/events/device/default/');
        // A delta that is not followed is told again, as the very same message.
        const line = `${topic} ${payload.toString()}`;
        const isRepeated = topic.endsWith('/delta') && told.has(line);
        told.add(line);
        if (!isRequest(topic) && !isBesides && !isRepeated) heard.push(normal(line));
      });
      await client.subscribe('$hw/events/#');
      for (const { cause, answers, reports } of steps(version)) {
        heard.length = 0;
        edge.sent.length = 0;
        if ('mqtt' in cause) await client.publish(cause.mqtt, cause.payload);
        else await edge.twin.receive(cause.fromCloud);
        // What is published after it is heard after it.
        await client.publish('$hw/events/end', '');
        await eventually(() => heard.some((line) => line.startsWith('$hw/events/end')));
        heard.splice(heard.findIndex((line) => line.startsWith('$hw/events/end')));
        const what = JSON.stringify(cause);
        expect(
          heard.filter((line) => !isOwnExtra(line)),
          what,
        ).to.deep.equal(answers.map(normal));
        expect(
          edge.sent.map(({ route }) => route),
          what,
        ).to.deep.equal(reports.map(({ route }) => route));
        reports.forEach((report, index) => expectReported(edge.sent[index]!, report));
        for (const message of [...edge.sent]) await edge.confirm(message);
      }
    });
  }

  it('serves mosquitto’s clients', async function () {
    needs(this, 'mosquitto clients');
    await edge.membership(['default/sensor1']);
    const { port } = new URL(edge.eventBus.urls[0]!);
    const run = promisify(execFile);
    const topic = '$hw/events/device/default/sensor1/twin';
    const listening = run('mosquitto_sub', ['-p', port, '-q', '1', '-C', '1', '-t', `${topic}/update/result`]);
    await eventually(() => edge.eventBus.status().facts?.['clients'] === 2);
    const update = '{"event_id":"m1","twin":{"temperature":{"actual":{"value":"21"},"metadata":{"type":"int"}}}}';
    // The subscription may follow the connection by a moment, so the report is repeated until it is answered.
    const answered = await eventually(async () => {
      await run('mosquitto_pub', ['-p', port, '-q', '1', '-t', `${topic}/update`, '-m', update]);
      return Promise.race([listening, sleep(200, new AbortController().signal).then(() => undefined)]);
    });
    expect(JSON.parse(answered.stdout)).to.deep.include({ event_id: 'm1' });
    expect(edge.twin.getTwins('default', 'sensor1')?.[0]?.reported?.value).to.equal('21');
  });

  it('forwards uploads and user topics to the cloud, and delivers them at the edge too', async () => {
    for (const topic of ['default/user/x', 'SYS/dis/upload_records', '$hw/events/upload/foo', 'other'])
      await client.publish(topic, '{"a":1}');
    // Such a topic would make the message malformed.
    await client.publish(`x/user/${'y'.repeat(4_090)}`, '');
    const content = '{"a":1}';
    expect(edge.sent.map(({ route, content: sent }) => ({ ...route, content: sent }))).to.deep.equal(
      ['default/user/x', 'SYS/dis/upload_records', '$hw/events/upload/foo'].map((resource) => ({
        source: 'bus',
        group: 'user',
        operation: 'upload',
        resource,
        content,
      })),
    );
  });

  it('a thermostat follows the desired temperature', async () => {
    await edge.store('devicemodel', modelObject({ temperature: 'FLOAT' }));
    const device = { namespace: 'default', name: 'sensor1' };
    const thermostat = new Thermostat({ url: edge.eventBus.urls[0]!, device, periodMs: 10, random: () => 0.5 });
    await thermostat.start();
    try {
      // The device is made while its program runs already.
      await edge.store('device', deviceObject([{ name: 'temperature', desired: '22' }]));
      const twin = () => edge.twin.getTwins('default', 'sensor1')?.[0];
      await eventually(() => twin()?.reported?.value === '22');
      await edge.store('device', deviceObject([{ name: 'temperature', desired: '19.5' }], { rv: '401' }));
      await eventually(() => twin()?.reported?.value === '19.5');
      expect([thermostat.target, thermostat.temperature]).to.deep.equal([19.5, 19.5]);
    } finally {
      await thermostat.stop();
    }
  });

  it('loses nothing that was acknowledged when it is killed', async function () {
    this.timeout(300_000);
    const dir = mkdtempSync(join(tmpdir(), 'kedge-kill-'));
    const path = join(dir, 'data.db');
    const random = seeded(20_261_121);
    let acked = 0;
    try {
      for (let round = 0; round < 20; round++) acked = Math.max(acked, await killedRound(path, acked, Math.floor(random() * 60)));
      expect(acked).to.be.greaterThan(20);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

/** Reports numbers from `from` on, kills the edge after so many acknowledgements, and returns the last that was acknowledged. */
async function killedRound(path: string, from: number, kills: number): Promise<number> {
  const child = await spawnDeviceEdge([path]);
  const exited = once(child, 'exit');
  let client: MqttClient | undefined;
  let acked = from;
  try {
    const [url] = (await once(child.stdout, 'data')) as [Buffer];
    client = await MqttClient.connect(url.toString().trim(), { reconnect: false });
    const publisher = client;
    const topic = '$hw/events/device/default/sensor1/twin/update';
    // Many at once, so that they share transactions.
    const reports = Array.from({ length: 100 }, async (_, index) => {
      const value = String(from + index + 1);
      const twin = { newest: { actual: { value } }, [nameOf(from + index + 1)]: { actual: { value } } };
      await publisher.publish(topic, JSON.stringify({ twin }));
      acked = from + index + 1;
      if (index === kills) child.kill('SIGKILL');
    });
    await Promise.allSettled(reports);
  } finally {
    child.kill('SIGKILL');
    await exited;
    await client?.end(true);
  }
  expect(acked).to.be.greaterThan(from);
  const db = openDatabase(path, EDGE_MIGRATIONS);
  const twins = new DeviceTwins(db).list('default/sensor1');
  const marks = db.prepare("SELECT name FROM outbox WHERE kind = 'twin'").pluck().all();
  db.close();
  expect(Number(twins.get('newest')?.actual?.value)).to.be.at.least(acked);
  for (let n = Math.max(1, acked - NAMES + 1); n <= acked; n++)
    expect(Number(twins.get(nameOf(n))?.actual?.value), `report ${n}`).to.be.at.least(n);
  expect(marks).to.have.members([...twins.keys()]);
  // What reached the disk without its acknowledgement is known to be there now.
  return Number(twins.get('newest')?.actual?.value);
}

/** Twins that the reports take in turn. */
const NAMES = 500;
const nameOf = (report: number): string => `n${report % NAMES}`;

type Entry = { version: string } & ({ mqtt: string; payload: string } | { fromCloud: Message } | { toCloud: Message });
interface Step {
  cause: { mqtt: string; payload: string } | { fromCloud: Message };
  answers: string[];
  reports: Message[];
}

/** The recording cut into what was asked and what came of it. */
function steps(version: string): Step[] {
  const found: Step[] = [];
  const text = readFileSync(new URL('../fixtures/captures/devices.jsonl', import.meta.url), 'utf8');
  for (const line of text.trim().split('\n')) {
    const { version: recorded, ...entry } = JSON.parse(line) as Entry;
    if (recorded !== version) continue;
    if ('toCloud' in entry) found.at(-1)?.reports.push(entry.toCloud);
    else if ('fromCloud' in entry || isRequest(entry.mqtt)) found.push({ cause: entry, answers: [], reports: [] });
    else found.at(-1)?.answers.push(`${entry.mqtt} ${entry.payload}`);
  }
  return found;
}

function isRequest(topic: string): boolean {
  return /\/(twin\/update|twin\/get|state\/update|state\/get|membership\/get)$/.test(topic);
}

/** KubeEdge tells only the empty ID of what it cannot read. */
function isOwnExtra(line: string): boolean {
  return /^\S+sensor1\/twin\/update\/result .*(Unmarshal update request|key:twin does not exist)/.test(line);
}

/** Without times and random ids, and with the ID of 1.14 (its topics have no namespace, its state's time another name and form). */
function normal(line: string): string {
  return line
    .replace(/\b\d{13}\b/g, '0')
    .replace(/"event_id":"[0-9a-f-]{36}"/g, '"event_id":"*"')
    .replace(/default\/sensor1/g, 'sensor1')
    .replace(/"(last_online|lastOnlineTime)":"[^"]*"/, '"lastOnlineTime":"*"')
    .replace(/("removed_devices":\[\{"id":"sensor1","name":"sensor1","description":"bench-sensor"),"twin":.*/, '$1}]}');
}

/** Ours carries whole twins, KubeEdge's what has changed of them. */
function expectReported(ours: Message, recorded: Message): void {
  if (typeof recorded.content === 'string') {
    expect(normal(ours.content as string)).to.equal(normal(recorded.content));
    return;
  }
  const twins = (message: Message): Record<string, object> =>
    (JSON.parse(JSON.stringify(message.content).replace(/\b\d{13}\b/g, '0')) as { twin: Record<string, object> }).twin;
  for (const [name, twin] of Object.entries(twins(recorded))) expect(twins(ours)[name]).to.deep.include(twin);
}
