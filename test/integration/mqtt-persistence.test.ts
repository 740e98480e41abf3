import { expect } from 'chai';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect as open, connectAsync } from 'mqtt';
import type { IClientOptions, MqttClient } from 'mqtt';
import { join } from 'node:path';
import { spawnDeviceEdge } from '../helpers/device-edge-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { freePorts, temporaryFolder } from '../helpers/kedge.ts';

describe('the embedded broker, killed', function () {
  this.timeout(120_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let edge: ChildProcess | undefined;
  let port: number;
  let clients: MqttClient[];
  beforeEach(async () => {
    folder = await temporaryFolder();
    [port = 0] = await freePorts(1);
    clients = [];
    await start();
  });
  afterEach(async () => {
    for (const client of clients) await client.endAsync(true);
    await kill();
    await folder.remove();
  });

  async function start(): Promise<void> {
    const child = await spawnDeviceEdge([join(folder.path, 'data.db')], { MQTT_PORT: String(port) });
    edge = child;
    await once(child.stdout, 'data');
  }

  async function kill(): Promise<void> {
    const child = edge;
    edge = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async function connect(options: IClientOptions): Promise<{ client: MqttClient; seen: string[] }> {
    const seen: string[] = [];
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0, ...options }, false);
    clients.push(client);
    client.on('error', () => undefined);
    client.on('message', (topic, payload) => void seen.push(`${topic} ${payload.toString()}`));
    return { client, seen };
  }

  it('has kept what it acknowledged: sessions, their queues, retained messages', async () => {
    const keeper = await connect({ clientId: 'keeper', clean: false });
    await keeper.client.subscribeAsync('a/#', { qos: 1 });
    await keeper.client.endAsync(true);
    const { client: publisher } = await connect({ clientId: 'publisher' });
    const texts = Array.from({ length: 200 }, (_, i) => String(i));
    await Promise.all(texts.map((text) => publisher.publishAsync('a/b', text, { qos: 1 })));
    await publisher.publishAsync('kept', 'here', { qos: 1, retain: true });
    await kill();
    await start();
    const again = await connectListening({ clientId: 'keeper', clean: false });
    await eventually(() => again.seen.length >= 200);
    expect(again.sessionPresent).to.equal(true);
    expect(again.seen).to.deep.equal(texts.map((text) => `a/b ${text}`));
    const other = await connect({ clientId: 'other' });
    await other.client.subscribeAsync('kept', { qos: 1 });
    await eventually(() => other.seen.length === 1);
    expect(other.seen).to.deep.equal(['kept here']);
  });

  it('has forgotten what was acknowledged to it', async () => {
    const keeper = await connect({ clientId: 'keeper', clean: false });
    await keeper.client.subscribeAsync('a', { qos: 1 });
    const { client: publisher } = await connect({ clientId: 'publisher' });
    await publisher.publishAsync('a', 'once', { qos: 1 });
    await eventually(() => keeper.seen.length === 1);
    // Its acknowledgement is behind it in the same connection.
    await keeper.client.publishAsync('other', 'x', { qos: 1 });
    await publisher.publishAsync('other', 'x', { qos: 1, retain: true });
    await kill();
    await start();
    const again = await connectListening({ clientId: 'keeper', clean: false });
    await again.client.subscribeAsync('other', { qos: 1 });
    await eventually(() => again.seen.length > 0);
    expect(again.seen).to.deep.equal(['other x']);
  });

  it('delivers QoS 2 exactly once through any number of kills', async () => {
    const identity = { clean: false, reconnectPeriod: 50, connectTimeout: 5_000 };
    const subscriber = await connect({ ...identity, clientId: 'subscriber' });
    await subscriber.client.subscribeAsync('exact', { qos: 2 });
    const publisher = await connect({ ...identity, clientId: 'publisher' });
    const texts = Array.from({ length: 300 }, (_, i) => String(i));
    let done = 0;
    const published = Promise.all(texts.map((text) => publisher.client.publishAsync('exact', text, { qos: 2 }).then(() => (done += 1))));
    for (const until of [20, 120, 220]) {
      await eventually(() => done >= until, `publication ${until}`, 60_000);
      await kill();
      await start();
    }
    await published;
    await eventually(() => subscriber.seen.length >= 300, 'all messages', 60_000);
    expect([...subscriber.seen].sort()).to.deep.equal(texts.map((text) => `exact ${text}`).sort());
  });

  it('tells with its wills who was connected', async () => {
    const keeper = await connect({ clientId: 'keeper', clean: false });
    await keeper.client.subscribeAsync('will/#', { qos: 1 });
    await keeper.client.endAsync(true);
    const will = { topic: 'will/x', payload: Buffer.from('gone'), qos: 1 as const, retain: true };
    const mortal = await connect({ clientId: 'mortal', will });
    await mortal.client.publishAsync('any', 'x', { qos: 1, retain: true });
    await kill();
    await start();
    const again = await connectListening({ clientId: 'keeper', clean: false });
    await eventually(() => again.seen.length === 1);
    expect(again.seen).to.deep.equal(['will/x gone']);
  });

  /** Listens before the first message of the session can come. */
  async function connectListening(options: IClientOptions): Promise<{ client: MqttClient; seen: string[]; sessionPresent: boolean }> {
    const seen: string[] = [];
    const client = open(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0, ...options });
    clients.push(client);
    client.on('error', () => undefined);
    client.on('message', (topic, payload) => void seen.push(`${topic} ${payload.toString()}`));
    const sessionPresent = await new Promise<boolean>((resolve) => client.once('connect', (packet) => resolve(packet.sessionPresent)));
    return { client, seen, sessionPresent };
  }
});
