import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import { MqttClient } from '../../src/mqtt/client.ts';
import { DeviceEdge } from '../helpers/device-edge.ts';
import { eventually } from '../helpers/eventually.ts';

const SENSOR = '$hw/events/device/default/sensor1';
const UPDATE = `${SENSOR}/twin/update`;

describe('hostile MQTT clients', () => {
  let edge: DeviceEdge;
  let client: MqttClient;
  beforeEach(async () => {
    edge = await new DeviceEdge().start({ mqtt: true, maxPacketBytes: 2_000_000 });
    await edge.membership(['default/sensor1']);
    client = await MqttClient.connect(edge.eventBus.urls[0]!);
  });
  afterEach(async () => {
    await client.end(true);
    await edge.destroy();
  });

  const last = (): object | undefined => edge.heard(`${UPDATE}/result`).at(-1);

  it('a name that JavaScript holds dear is a name as any other', async () => {
    const names = ['__proto__', 'constructor', 'toString'];
    for (const name of names) await client.publish(UPDATE, `{"twin":{"${name}":{"actual":{"value":"1"}}}}`);
    await client.publish(`${SENSOR}/twin/get`, '{}');
    const got = JSON.stringify(edge.heard(`${SENSOR}/twin/get/result`).at(-1));
    for (const name of names) expect(got).to.contain(`"${name}":{"actual":{"value":"1"`);
    expect(edge.twin.getTwins('default', 'sensor1')?.map(({ propertyName }) => propertyName)).to.have.members(names);
    expect(JSON.stringify(edge.sent[0]?.content)).to.contain('"__proto__"');
    expect(({} as Record<string, unknown>)['actual']).to.equal(undefined);
  });

  const bodies: [string, string | Buffer][] = [
    ...['null', '[]', '0', '""', '{}'].map((body): [string, string] => [body, body]),
    ['nothing', ''],
    ['a deep list', '['.repeat(900_000) + ']'.repeat(900_000)],
    ['a deep object', `{"twin":${'{"a":'.repeat(300_000)}1${'}'.repeat(300_000)}}`],
    ['a deep event_id', `{"event_id":${'['.repeat(900_000)}${']'.repeat(900_000)},"twin":{}}`],
    ['what is no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['twins by the ten thousand', JSON.stringify({ twin: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`n${i}`, null])) })],
  ];
  for (const [what, body] of bodies) {
    it(`a body of ${what} is answered, and the next one too`, async () => {
      for (const suffix of ['twin/update', 'twin/get', 'state/update']) await client.publish(`${SENSOR}/${suffix}`, body);
      await client.publish('$hw/events/node/edge1/membership/get', body);
      expect(edge.heard(`${UPDATE}/result`)).to.have.length(1);
      await client.publish(UPDATE, '{"event_id":"after","twin":{"t":{"actual":{"value":"1"}}}}');
      expect(last()).to.include({ event_id: 'after' }).and.have.property('twin');
    });
  }

  it('null is a request without anything in it, as KubeEdge reads it', async () => {
    for (const suffix of ['twin/update', 'twin/get', 'state/update']) await client.publish(`${SENSOR}/${suffix}`, 'null');
    await client.publish('$hw/events/node/edge1/membership/get', 'null');
    expect(last()).to.deep.include({ code: 400, reason: 'Update twin error, key:twin does not exist' });
    expect(edge.heard(`${SENSOR}/twin/get/result`)[0]).to.deep.include({ event_id: '', twin: {} });
    expect(edge.heard('$hw/events/node/edge1/membership/get/result')).to.have.length(1);
  });

  it('topics of any shape harm nobody', async () => {
    const topics = [
      '$hw/events/device/' + 'x'.repeat(60_000) + '/twin/update',
      '/'.repeat(90),
      `$hw/events/device/default/${'é'.repeat(9)}/twin/get`,
    ];
    for (const topic of topics) await client.publish(topic, '{"twin":{}}');
    for (const topic of ['a/'.repeat(200), 'a/+/b', '#']) {
      const rude = await MqttClient.connect(edge.eventBus.urls[0]!, { reconnect: false });
      await rude.publish(topic, 'x').catch(() => undefined);
      await rude.end(true);
    }
    await client.publish(UPDATE, '{"event_id":"after","twin":{"t":{"actual":{"value":"1"}}}}');
    expect(last()).to.include({ event_id: 'after' });
  });

  it('rubbish on the socket ends that connection alone', async () => {
    const { port } = new URL(edge.eventBus.urls[0]!);
    const rubbish = [
      [0x00, 0x00],
      [0xff, 0xff, 0xff, 0xff, 0xff],
      [0x30, 0x02, 0x00, 0x00],
      [0x10, 0x02, 0x00, 0x04],
      [...Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ];
    for (const bytes of rubbish) {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
      socket.end(Buffer.from(bytes));
      socket.resume();
      await once(socket, 'close');
    }
    await client.publish(UPDATE, '{"event_id":"after","twin":{"t":{"actual":{"value":"1"}}}}');
    expect(last()).to.include({ event_id: 'after' });
    await eventually(() => edge.eventBus.status().facts?.['clients'] === 1);
  });
});
