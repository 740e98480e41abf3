import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Broker } from '../../src/mqtt/broker.ts';
import type { BrokerOptions, Publish } from '../../src/mqtt/broker.ts';
import { MqttClient } from '../../src/mqtt/client.ts';
import { KedgeError } from '../../src/kernel/errors.ts';
import { BrokerStore } from '../helpers/broker-store.ts';
import { eventually } from '../helpers/eventually.ts';
import { testScope } from '../helpers/test-scope.ts';
import type { TestScope } from '../helpers/test-scope.ts';

const ANY = [{ address: '127.0.0.1', port: 0 }];

describe('MQTT broker', () => {
  let scope: TestScope;
  let clients: MqttClient[];
  let store: BrokerStore;
  beforeEach(() => {
    scope = testScope();
    store = new BrokerStore();
    clients = [];
  });
  afterEach(async () => {
    for (const client of clients) await client.end(true);
    await scope.end();
    store.remove();
  });

  async function broker(options: Partial<BrokerOptions> = {}): Promise<Broker> {
    const started = new Broker({ ...store.options, listen: ANY, maxPacketBytes: 100_000, commit: () => undefined, ...options });
    await started.start(scope);
    return started;
  }

  const urlOf = ({ addresses }: Broker, index = 0): string => `mqtt://127.0.0.1:${addresses[index]!.port}`;

  async function client(of: Broker, reconnect = false): Promise<MqttClient> {
    const connected = await MqttClient.connect(urlOf(of), { reconnect });
    clients.push(connected);
    return connected;
  }

  async function collect(of: Broker, ...filters: string[]): Promise<string[]> {
    const subscriber = await client(of);
    const seen: string[] = [];
    subscriber.onMessage(({ topic, payload, qos }) => void seen.push(`${topic} ${payload.toString()} ${qos}`));
    await subscriber.subscribe(filters);
    return seen;
  }

  it('listens on several ports, tells which, and names one that is taken', async () => {
    const first = await broker({ listen: [...ANY, ...ANY] });
    expect(first.addresses.map(({ port }) => port)).to.satisfy(([a, b]: number[]) => a !== 0 && b !== 0 && a !== b);
    for (const index of [0, 1]) clients.push(await MqttClient.connect(urlOf(first, index)));
    expect(first.clients).to.equal(2);
    const error = await broker({ listen: first.addresses }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(KedgeError).with.property('code', 'PORT_IN_USE');
    expect((error as Error).message)
      .to.contain(`port ${first.addresses[0]!.port}`)
      .and.contain(`process ${process.pid}`);
  });

  it('gives a client without an id no session, as there would be no way back to it', async () => {
    const { addresses } = await broker();
    const connack = async (cleanSession: boolean): Promise<string> => {
      const socket = connect(addresses[0]!.port, '127.0.0.1');
      socket.write(Buffer.from([0x10, 0x0c, 0, 4, ...Buffer.from('MQTT'), 4, cleanSession ? 2 : 0, 0, 60, 0, 0]));
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return bytes.toString('hex');
    };
    expect([await connack(false), await connack(true)]).to.deep.equal(['20020002', '20020000']);
  });

  it('tells a client whom nobody answers', async () => {
    const free = await broker();
    const url = urlOf(free);
    await scope.end();
    const error = await MqttClient.connect(url).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(KedgeError).with.property('code', 'UNREACHABLE');
  });

  it('delivers answers of the edge at the QoS that was asked for', async () => {
    const ours = await broker();
    const seen = await collect(ours, '$hw/events/#');
    ours.publish('$hw/events/x', 'answer');
    await eventually(() => seen.length === 1);
    expect(seen).to.deep.equal(['$hw/events/x answer 1']);
  });

  it('acknowledges and delivers only after the commit, each client in its order, and delays no other client', async () => {
    const held: { packet: Publish; release: () => void }[] = [];
    const ours = await broker({
      commit: (_, packet) => (packet.topic === 'slow' ? new Promise<void>((release) => void held.push({ packet, release })) : undefined),
    });
    const seen = await collect(ours, 'slow', 'fast');
    const [one, other] = [await client(ours), await client(ours)];
    const acked: string[] = [];
    const sent = ['slow 1', 'slow 2', 'fast 3'].map(async (text) => {
      const [topic = '', payload = ''] = text.split(' ');
      await one.publish(topic, payload);
      acked.push(text);
    });
    await eventually(() => held.length === 2);
    await other.publish('fast', 'other');
    await eventually(() => seen.length === 1);
    expect([acked, seen]).to.deep.equal([[], ['fast other 1']]);
    held[1]?.release();
    await other.publish('fast', 'again');
    expect(acked).to.deep.equal([]);
    held[0]?.release();
    await Promise.all(sent);
    expect(acked).to.deep.equal(['slow 1', 'slow 2', 'fast 3']);
    await eventually(() => seen.length === 5);
    expect(seen.filter((text) => !/other|again/.test(text))).to.deep.equal(['slow 1 1', 'slow 2 1', 'fast 3 1']);
  });

  it('neither acknowledges nor delivers what could not be committed; the client is disconnected and may try again', async () => {
    let full = true;
    const ours = await broker({ commit: () => (full ? Promise.reject(new Error('disk full')) : Promise.resolve()) });
    const seen = await collect(ours, 'a');
    const error = await (await client(ours)).publish('a', '1').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(KedgeError).with.property('code', 'UNREACHABLE');
    // One that reconnects sends it again by itself, as QoS 1 asks of it.
    const patient = await client(ours, true);
    const lost = new Promise<void>((resolve) => patient.onClose(resolve));
    const published = patient.publish('a', '2');
    await lost;
    full = false;
    await published;
    await eventually(() => seen.length === 1);
    expect(seen).to.deep.equal(['a 2 1']);
  });

  it('commits QoS 0 and QoS 2 too', async () => {
    const committed: number[] = [];
    const ours = await broker({ commit: (_, { qos }) => Promise.resolve(void committed.push(qos)) });
    const publisher = await client(ours);
    await publisher.publish('a', '0', { qos: 0 });
    await publisher.publish('a', '2', { qos: 2 });
    await eventually(() => committed.length === 2);
    expect(committed).to.deep.equal([0, 2]);
  });

  it('commits what is repeated with QoS 2 once, until it is released, also after the client has come back', async () => {
    const committed: string[] = [];
    const ours = await broker({ commit: (_, { payload }) => Promise.resolve(void committed.push(payload.toString())) });
    const seen = await collect(ours, 'a');
    const publish = (text: string, repeated: boolean): Buffer =>
      Buffer.from([repeated ? 0x3c : 0x34, 0x06, 0x00, 0x01, ...Buffer.from('a'), 0x00, 0x07, ...Buffer.from(text)]);
    const answered = async (socket: Socket, packet: Buffer): Promise<number | undefined> => {
      socket.write(packet);
      return ((await once(socket, 'data')) as [Buffer])[0][0];
    };
    const [PUBREC, PUBCOMP] = [0x50, 0x70];
    const first = await rawConnect(ours, { id: 'once', clean: false });
    expect(await answered(first, publish('1', false))).to.equal(PUBREC);
    expect(await answered(first, publish('1', true))).to.equal(PUBREC);
    first.destroy();
    const again = await rawConnect(ours, { id: 'once', clean: false });
    expect(await answered(again, publish('1', true))).to.equal(PUBREC);
    expect(await answered(again, Buffer.from([0x62, 0x02, 0x00, 0x07]))).to.equal(PUBCOMP);
    expect(await answered(again, publish('2', false))).to.equal(PUBREC);
    await eventually(() => seen.length === 2);
    expect([committed, seen]).to.deep.equal([
      ['1', '2'],
      ['a 1 1', 'a 2 1'],
    ]);
    again.destroy();
  });

  it('commits wills, but none with wildcards in their topics', async () => {
    const committed: string[] = [];
    const ours = await broker({ commit: (_, { topic }) => Promise.resolve(void committed.push(topic)) });
    const seen = await collect(ours, '#');
    for (const topic of ['a/+', '#', 'good']) (await rawConnect(ours, { id: `dies-${topic}`, will: topic })).destroy();
    await eventually(() => seen.length > 0);
    expect([committed, seen]).to.deep.equal([['good'], ['good bye 0']]);
  });

  it('delivers what there is no room to retain', async () => {
    const ours = await broker(store.limited({ retainedBytes: 64_000 }));
    const seen = await collect(ours, 'r/#');
    const publisher = await client(ours);
    for (let i = 0; i < 8; i++) await publisher.publish(`r/${i}`, Buffer.alloc(9_000), { retain: true });
    await eventually(() => seen.length === 8);
    await publisher.publish('r/0', '', { retain: true });
    await publisher.publish('r/8', 'fits again', { retain: true });
    const late = await collect(ours, 'r/#');
    await eventually(() => late.length === 7);
    expect(late.map((text) => text.slice(0, 3)).sort()).to.deep.equal(['r/1', 'r/2', 'r/3', 'r/4', 'r/5', 'r/6', 'r/8']);
  });

  it('keeps $SYS to itself', async () => {
    const ours = await broker();
    const error = await (await client(ours)).publish('$SYS/broker/clients', 'me').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(KedgeError);
  });

  it('ends a connection whose packet is too large before it has sent it, and leaves the others alone', async () => {
    const committed: string[] = [];
    const ours = await broker({ maxPacketBytes: 1_000, commit: (_, { topic }) => Promise.resolve(void committed.push(topic)) });
    const bystander = await client(ours);
    const socket = await rawConnect(ours);
    socket.write(Buffer.from([0x30, 0xe9, 0x07, 0x00, 0x01, 0x61]));
    await once(socket, 'close');
    await bystander.publish('b', 'still here');
    expect(committed).to.deep.equal(['b']);
  });

  it('a subscriber that does not read is disconnected and stalls nobody for long', async () => {
    const ours = await broker();
    const seen = await collect(ours, 'other');
    const stuck = await rawConnect(ours);
    // SUBSCRIBE to `flood`, then read no more.
    stuck.write(Buffer.from([0x82, 0x0a, 0x00, 0x01, 0x00, 0x05, ...Buffer.from('flood'), 0x00]));
    await once(stuck, 'data');
    stuck.pause();
    const publisher = await client(ours);
    const flood = Array.from({ length: 400 }, () => publisher.publish('flood', Buffer.alloc(60_000)));
    await (await client(ours)).publish('other', 'alive');
    await eventually(() => seen.length === 1, 'delivery beside a stuck subscriber', 10_000);
    await Promise.all(flood);
    await eventually(() => ours.clients === 3, 'disconnection of the stuck subscriber', 10_000);
    stuck.destroy();
  });

  it('keeps a bounded number of messages for a session that is away', async () => {
    const ours = await broker();
    const connectPersistent = (onData?: (chunk: Buffer) => void): Promise<Socket> =>
      rawConnect(ours, { id: 'keeper', clean: false, onData });
    const first = await connectPersistent();
    first.write(Buffer.from([0x82, 0x06, 0x00, 0x01, 0x00, 0x01, ...Buffer.from('a'), 0x01]));
    await once(first, 'data');
    first.destroy();
    await eventually(() => ours.clients === 0);
    for (let i = 0; i < 1_200; i++) ours.publish('a', 'x');
    const publisher = await client(ours);
    await publisher.publish('a', 'x');
    let bytes = 0;
    const again = await connectPersistent((chunk) => (bytes += chunk.length));
    // CONNACK, then 8 bytes each: header, length, topic, message id, payload.
    await eventually(() => bytes >= 8_004);
    expect(bytes).to.equal(8_004);
    again.destroy();
  });

  /** A client at the level of bytes, its CONNECT answered. Its will says `bye`. */
  async function rawConnect(
    of: Broker,
    options: { id?: string; clean?: boolean; will?: string; onData?: ((chunk: Buffer) => void) | undefined } = {},
  ): Promise<Socket> {
    const { id = 'raw', clean = true, will, onData } = options;
    const socket = connect(of.addresses[0]!.port, '127.0.0.1');
    if (onData !== undefined) socket.on('data', onData);
    const text = (value: string): number[] => [0x00, value.length, ...Buffer.from(value)];
    const flags = (clean ? 0x02 : 0x00) | (will === undefined ? 0x00 : 0x04);
    const header = [...text('MQTT'), 0x04, flags, 0x00, 0x00, ...text(id), ...(will === undefined ? [] : [...text(will), ...text('bye')])];
    socket.write(Buffer.from([0x10, header.length, ...header]));
    socket.on('error', () => undefined);
    await once(socket, 'data');
    return socket;
  }
});
