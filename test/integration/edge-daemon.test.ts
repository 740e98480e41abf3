import { expect } from 'chai';
import { copyFile, mkdir } from 'node:fs/promises';
import { adminRequest, adminStream } from '../../src/client/admin-client.ts';
import { edgeConfig } from '../../src/config/edge-config.ts';
import { homePaths } from '../../src/config/home.ts';
import { createEdge } from '../../src/daemons/edge.ts';
import { DaemonState, runDaemon } from '../../src/kernel/daemon.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { MqttClient } from '../../src/mqtt/client.ts';
import type { StatusReport } from '../../src/protocol/admin.ts';
import type { Device, Twin } from '../../src/protocol/devices.ts';
import { newMessage } from '../../src/protocol/message.ts';
import type { Message } from '../../src/protocol/message.ts';
import { eventually } from '../helpers/eventually.ts';
import { temporaryFolder } from '../helpers/kedge.ts';
import { TlsHub, testPki } from '../helpers/tls-hub.ts';
import type { HubSession, TestPki } from '../helpers/tls-hub.ts';

const MODEL = {
  apiVersion: 'devices.kubeedge.io/v1beta1',
  kind: 'DeviceModel',
  metadata: { name: 'thermostat', namespace: 'default', uid: 'm1', resourceVersion: '1' },
  spec: { properties: [{ name: 'temperature', type: 'INT', accessMode: 'ReadWrite' }] },
};
const DEVICE = {
  apiVersion: 'devices.kubeedge.io/v1beta1',
  kind: 'Device',
  metadata: { name: 'heater', namespace: 'default', uid: 'd1', resourceVersion: '2' },
  spec: {
    deviceModelRef: { name: 'thermostat' },
    nodeName: 'edge1',
    properties: [{ name: 'temperature', desired: { value: '21' } }],
  },
};

describe('edge daemon', () => {
  let pki: TestPki;
  let cloud: TlsHub;
  let port: number;
  let home: Awaited<ReturnType<typeof temporaryFolder>>;
  let stop: AbortController;
  let running: Promise<number>;

  const paths = (): ReturnType<typeof homePaths>['edge'] => homePaths(home.path).edge;
  const status = (): Promise<StatusReport> => adminRequest<StatusReport>(paths().socket, 'GET', '/status');
  const factsOf = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
    (await status()).modules.find((module) => module.name === name)?.facts ?? {};

  async function start(): Promise<void> {
    const config = edgeConfig({
      nodeName: 'edge1',
      edgeHub: { websocketServer: `127.0.0.1:${port}`, httpServer: 'https://127.0.0.1:1' },
      eventBus: { listen: [{ address: '127.0.0.1', port: 0 }] },
      log: { level: 'error' },
    });
    const state = new DaemonState();
    stop = new AbortController();
    const modules = createEdge({ config, paths: paths(), state, version: '1.2.3' });
    await new Promise<void>((resolve, reject) => {
      running = runDaemon(modules, { log: silentLogger, state, signal: stop.signal, onReady: resolve });
      running.catch(reject);
    });
  }
  async function restart(): Promise<void> {
    stop.abort(0);
    await running;
    await start();
  }
  const push = (
    session: HubSession,
    operation: string,
    resource: string,
    object: { metadata: { resourceVersion: string } },
  ): Promise<Message> => {
    const { resourceVersion } = object.metadata;
    const route = { source: 'devicecontroller', group: 'resource', operation, resource };
    const message = newMessage(route, object, { resourceVersion });
    session.send(message);
    return session.next(({ header }) => header.parent_msg_id === message.header.msg_id);
  };

  before(async () => {
    pki = await testPki('edge1');
  });
  after(() => pki.remove());
  beforeEach(async () => {
    home = await temporaryFolder();
    cloud = new TlsHub();
    port = await cloud.listen(pki.serverPair('127.0.0.1'), pki.ca.certPem);
    await mkdir(paths().pki, { recursive: true });
    await copyFile(pki.files.ca, paths().caCert);
    await copyFile(pki.files.cert, paths().server.cert);
    await copyFile(pki.files.key, paths().server.key);
    await start();
  });
  afterEach(async () => {
    stop.abort(0);
    await running;
    await cloud.close();
    await home.remove();
  });

  it('tells over its admin socket how it is', async () => {
    await eventually(async () => (await factsOf('edgehub'))['connected']);
    const report = await status();
    expect(report).to.deep.include({ role: 'edge', pid: process.pid, version: '1.2.3', ready: true });
    expect(report.modules.map(({ name }) => name)).to.deep.equal([
      'admin',
      'store',
      'metamanager',
      'devicetwin',
      'dmi',
      'eventbus',
      'edged',
      'edgehub',
    ]);
    await cloud.close();
    await eventually(async () => !(await factsOf('edgehub'))['connected']);
    expect((await factsOf('edgehub'))['lastError']).to.be.a('string');
    expect((await status()).ready).to.equal(true);
  });

  it('has its devices without the cloud and after a restart', async () => {
    const session = await cloud.session(0);
    await push(session, 'insert', 'default/devicemodel/thermostat', MODEL);
    const ack = await push(session, 'insert', 'default/device/heater', DEVICE);
    expect(ack).to.deep.include({ content: 'OK' });
    await cloud.close();
    await restart();

    const { socket } = paths();
    const items = await adminRequest<Device[]>(socket, 'GET', '/devices');
    expect(items.map(({ metadata }) => metadata.name)).to.deep.equal(['heater']);
    const device = await adminRequest<Device>(socket, 'GET', '/devices/default/heater');
    expect(device).to.deep.include({ kind: 'Device', spec: DEVICE.spec });
    const [twin] = await adminRequest<Twin[]>(socket, 'GET', '/devices/default/heater/twins');
    expect(twin?.observedDesired?.value).to.equal('21');
    for (const path of ['/devices/default/toaster', '/devices/default/toaster/twins', '/devices/default/toaster/watch']) {
      const failure = await adminRequest(socket, 'GET', path).catch((error: unknown) => error);
      expect(failure).to.deep.include({ code: 'NOT_FOUND' });
    }
  });

  it('has everything that it acknowledged after it was told to stop while reports came in', async () => {
    const session = await cloud.session(0);
    await push(session, 'insert', 'default/device/heater', DEVICE);
    const [url] = (await factsOf('eventbus'))['urls'] as string[];
    const app = await MqttClient.connect(url!, { reconnect: false });
    const acknowledged: number[] = [];
    const reports = Array.from({ length: 400 }, async (_, index) => {
      const twin = { [`n${index}`]: { actual: { value: String(index) } } };
      await app.publish('$hw/events/device/default/heater/twin/update', JSON.stringify({ twin }));
      if (acknowledged.push(index) === 100) stop.abort(0);
    });
    await Promise.allSettled(reports);
    await app.end(true);
    expect(acknowledged.length).to.be.within(100, 400);
    await running;
    await start();
    const twins = await adminRequest<Twin[]>(paths().socket, 'GET', '/devices/default/heater/twins');
    const stored = new Map(twins.map(({ propertyName, reported }) => [propertyName, reported?.value]));
    for (const index of acknowledged) expect(stored.get(`n${index}`)).to.equal(String(index));
    expect((await status()).modules.find(({ name }) => name === 'devicetwin')?.queues).to.include({ unconfirmed: stored.size });
  });

  it('shows a twin as it changes, without the cloud', async () => {
    const session = await cloud.session(0);
    await push(session, 'insert', 'default/devicemodel/thermostat', MODEL);
    await push(session, 'insert', 'default/device/heater', DEVICE);
    await cloud.close();
    const [url] = (await factsOf('eventbus'))['urls'] as string[];
    const app = await MqttClient.connect(url!);
    const end = new AbortController();
    try {
      const reported: (string | undefined)[] = [];
      for await (const device of adminStream<Device>(paths().socket, '/devices/default/heater/watch', end.signal)) {
        const value = device.status?.twins?.[0]?.reported?.value;
        if (value !== reported.at(-1) || reported.length === 0) reported.push(value);
        if (value === '20') break;
        const next = value === undefined ? 19 : 20;
        await app.publish(
          '$hw/events/device/default/heater/twin/update',
          JSON.stringify({ twin: { temperature: { actual: { value: String(next) } } } }),
        );
      }
      expect(reported).to.deep.equal([undefined, '19', '20']);
    } finally {
      end.abort();
      await app.end();
    }
  });
});
