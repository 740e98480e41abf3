import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createUi } from '../../src/cli/ui.ts';
import { readStatus } from '../../src/client/status.ts';
import { createToken } from '../../src/client/tokens.ts';
import { loadEdgeConfig } from '../../src/config/edge-config.ts';
import { homePaths } from '../../src/config/home.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import { dialHub } from '../../src/link/hub-client.ts';
import { openTcp } from '../../src/link/open-tcp.ts';
import { MqttClient } from '../../src/mqtt/client.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { Node } from '../../src/protocol/kubernetes.ts';
import type { DeviceStatus } from '../../src/protocol/devices.ts';
import { renewCertificates } from '../../src/setup/certificates.ts';
import { initCloud } from '../../src/setup/init-cloud.ts';
import type { InitCloudResult } from '../../src/setup/init-cloud.ts';
import { joinEdge } from '../../src/setup/join-edge.ts';
import type { JoinEdgeOptions, JoinEdgeResult } from '../../src/setup/join-edge.ts';
import { startDaemon, stopDaemon } from '../../src/setup/lifecycle.ts';
import { ConnectProxy } from '../helpers/connect-proxy.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { refusal } from '../helpers/refusal.ts';
import { startTlsServer, tlsPair } from '../helpers/tls-server.ts';

const MODEL = { metadata: { name: 'meter' }, spec: { properties: [{ name: 'text', type: 'STRING', accessMode: 'ReadWrite' }] } };
const DEVICE = {
  metadata: { name: 'meter' },
  spec: { deviceModelRef: { name: 'meter' }, nodeName: 'edge-1', properties: [{ name: 'text' }] },
};
const SECRET = 's3cr3t';

describe('an edge behind an HTTP proxy', function () {
  this.timeout(240_000);
  const home = mkdtempSync(join(tmpdir(), 'kedge-proxy-'));
  const { edge } = homePaths(home);
  const ui = { ...createUi({ 'no-input': true }), animated: false, line: () => undefined };
  const proxy = new ConnectProxy();
  let cloud: InitCloudResult;
  let kube: KubeClient;
  let address: string;
  let mqtt: string;

  const joinBy = async (options: Partial<JoinEdgeOptions>): Promise<JoinEdgeResult> => {
    const { token } = await createToken(home, { ttlSeconds: 600, uses: 0 });
    return joinEdge(
      { home, cloud: address, nodeName: 'edge-1', mqtt: { ports: [0] }, token: () => Promise.resolve(token), ...options },
      ui,
    );
  };
  const hub = async () => {
    const [status] = await readStatus(home, 'edge');
    expect(JSON.stringify(status)).to.not.contain(SECRET);
    return status?.modules.find(({ name }) => name === 'edgehub');
  };
  const isConnected = async (): Promise<boolean> => (await hub())?.facts?.['connected'] === true;
  const report = async (value: string): Promise<void> => {
    const client = await MqttClient.connect(mqtt, { reconnect: false, timeoutMs: 10_000 });
    const twin = { text: { actual: { value }, metadata: { type: 'string' } } };
    await client.publish('$hw/events/device/default/meter/twin/update', JSON.stringify({ twin }));
    await client.end(true);
  };
  const reported = async (): Promise<string | undefined> => {
    const status = await kube.get<DeviceStatus>(RESOURCES.deviceStatus, 'meter', 'default');
    return status.status?.twins?.[0]?.reported?.value;
  };

  before(async () => {
    await proxy.start();
    proxy.credentials = `edge:${SECRET}`;
    cloud = await initCloud({ home, advertiseAddress: ['127.0.0.1', 'cloud.test'], websocketPort: 0, httpsPort: 0, apiPort: 0 }, ui);
    address = cloud.cloud.replace(/^.*:/, 'cloud.test:');
    kube = createKubeClient(await loadCredentials(cloud.kubeconfig));
    await kube.create(RESOURCES.deviceModel, MODEL, 'default');
    await kube.create(RESOURCES.device, DEVICE, 'default');
  });
  after(async () => {
    kube.close();
    await stopDaemon('edge', home, ui).catch(() => undefined);
    await stopDaemon('cloud', home, ui);
    await proxy.stop();
    rmSync(home, { recursive: true });
  });

  it('is told what the proxy refuses, and never the password', async () => {
    const none = await refusal(joinBy({ proxy: { flag: proxy.url() } }));
    expect(none.code).to.equal('UNREACHABLE');
    expect(none.message).to.equal(
      `no cloud answers at ${address}: the proxy ${proxy.url()} asks for a user and a password: 407 Proxy Authentication Required`,
    );
    const wrong = await refusal(joinBy({ proxy: { env: { https_proxy: proxy.url('edge:wr0ng') } } }));
    expect(wrong.message).to.contain(`the proxy ${proxy.url()} does not accept the user and password that it is given: 407`);
    expect(JSON.stringify([wrong, wrong.message, wrong.hint, wrong.stack])).to.not.contain('wr0ng');
    const flag = await refusal(joinBy({ proxy: { flag: proxy.url(`edge:${SECRET}`) } }));
    expect(flag.code).to.equal('USAGE');
    expect(flag.message).to.not.contain(SECRET);
    const kind = await refusal(joinBy({ proxy: { env: { HTTPS_PROXY: `socks5://edge:${SECRET}@127.0.0.1:1` } } }));
    expect(kind.message).to.contain('HTTPS_PROXY: a proxy of the kind socks5:// cannot be used').and.not.contain(SECRET);
  });

  it('is not sent through it for what NO_PROXY names', async () => {
    const before = proxy.asked.length;
    const error = await refusal(joinBy({ proxy: { env: { HTTPS_PROXY: proxy.url(), NO_PROXY: 'localhost,.test' } } }));
    expect(error.message).to.contain('the name cloud.test cannot be resolved');
    expect(proxy.asked.length).to.equal(before);
  });

  it('joins, has its session and sends reports through it', async () => {
    const env = { HTTPS_PROXY: proxy.url(`edge:${SECRET}`), NO_PROXY: '192.0.2.0/24' };
    mqtt = (await joinBy({ proxy: { env } })).mqtt[0] ?? '';
    const { edgeHub } = loadEdgeConfig(edge.config);
    expect(edgeHub).to.include({ proxy: env.HTTPS_PROXY, noProxy: env.NO_PROXY });
    expect(new Set(proxy.asked)).to.deep.equal(new Set([address, edgeHub.websocketServer]));
    expect(await hub()).to.deep.include({ detail: `connected to ${edgeHub.websocketServer} through the proxy ${proxy.url()}` });
    expect((await hub())?.facts).to.include({ proxy: proxy.url() });
    const { status } = await kube.get<Node>(RESOURCES.node, 'edge-1');
    expect(status?.addresses).to.deep.include({ type: 'InternalIP', address: '127.0.0.1' });
    await eventually(async () => report('one').then(() => true), 'a device at the edge', 30_000);
    await eventually(async () => (await reported()) === 'one', 'the report in the API', 30_000);
    expect((await joinBy({})).changed, 'without the variables').to.equal(false);
  });

  it('says that the proxy is down, and goes on when it is back', async () => {
    await proxy.stop();
    await eventually(
      async () => (await hub())?.detail?.includes(`the proxy ${proxy.url()} cannot be used: connect ECONNREFUSED`),
      'the reason',
    );
    await report('two');
    await proxy.start();
    await eventually(isConnected, 'a session', 60_000);
    await eventually(async () => (await reported()) === 'two', 'the report in the API', 30_000);
    proxy.credentials = 'edge:other';
    await proxy.stop();
    await proxy.start();
    await eventually(async () => (await hub())?.detail?.includes('does not accept the user and password'), 'the new reason', 60_000);
    proxy.credentials = `edge:${SECRET}`;
    await eventually(isConnected, 'a session', 60_000);
    expect(readFileSync(edge.log, 'utf8')).to.contain('does not accept the user and password').and.not.contain(SECRET);
  });

  it('renews its certificate through it, running or not, and finds another websocket through it', async () => {
    const asked = (): number => proxy.asked.filter((target) => target === address).length;
    const { websocketServer } = loadEdgeConfig(edge.config).edgeHub;
    for (const running of [true, false]) {
      if (!running) await stopDaemon('edge', home, ui);
      const before = asked();
      await renewCertificates(home, 'edge');
      expect(asked()).to.equal(before + 1);
    }
    await startDaemon('edge', home, ui);
    await eventually(isConnected, 'a session', 60_000);
    const closed = await refusal(joinBy({ websocket: 'cloud.test:1' }));
    expect(closed.message).to.contain(`the proxy ${proxy.url()} does not connect to cloud.test:1: it answers 502`);
    expect(loadEdgeConfig(edge.config).edgeHub.websocketServer).to.equal(websocketServer);
  });

  it('leaves the proxy when it is told so', async () => {
    await joinBy({ cloud: cloud.cloud.replace(/^.*:/, '127.0.0.1:'), proxy: { flag: 'none', env: { HTTPS_PROXY: proxy.url() } } });
    expect(loadEdgeConfig(edge.config).edgeHub).to.not.have.any.keys('proxy', 'noProxy');
    expect((await hub())?.facts).to.not.have.property('proxy');
  });
});

describe('a proxy that misbehaves', () => {
  const ANSWERS: [what: string, answer: string, reason: RegExp][] = [
    ['closes the connection', '', /it closed the connection without an answer$/],
    ['does not speak HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', /it does not answer in HTTP$/],
    [
      'answers with an endless head',
      `HTTP/1.1 200 OK\r\n${'X-Much: more\r\n'.repeat(4_000)}\r\n`,
      /head of its answer is larger than 16384 bytes$/,
    ],
    ['refuses', 'HTTP/1.1 403 Not here\r\nContent-Length: 0\r\n\r\n', /does not connect to cloud\.test:443: it answers 403 Not here$/],
  ];
  for (const [what, answer, reason] of ANSWERS) {
    it(`and ${what} is named with what it does`, async () => {
      const server: Server = createServer((socket) => void socket.on('error', () => undefined).once('data', () => socket.end(answer)));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const name = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const error = await refusal(openTcp({ host: 'cloud.test', port: 443 }, { proxy: name.replace('//', `//me:${SECRET}@`) }));
      expect(error.message).to.contain(`the proxy ${name} `).and.match(reason).and.not.contain(SECRET);
      await new Promise((resolve) => server.close(resolve));
    });
  }

  it('and is silent is given up after 10 s', async () => {
    const clock = new ManualClock();
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const failed = refusal(openTcp({ host: 'cloud.test', port: 443 }, { proxy }, { clock }));
    await eventually(() => sockets[0] !== undefined && sockets[0].bytesRead > 0, 'the question');
    clock.advance(10_000);
    expect((await failed).message).to.equal(`the proxy ${proxy} cannot be used: no answer within 10000 ms`);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('and leads to somebody else than the cloud does not get a session', async () => {
    const proxy = new ConnectProxy();
    await proxy.start();
    const somebody = await startTlsServer();
    const { port } = new URL(somebody.credentials.server);
    const pair = tlsPair();
    // Somebody with a certificate of another CA, and with one of the cloud's CA for another name.
    for (const ca of [pair.caPem, String(somebody.credentials.ca)]) {
      const error = await refusal(
        dialHub({
          url: `wss://cloud.test:${port}/p/edge1/events`,
          headers: {},
          tls: { ca, cert: pair.certPem, key: pair.keyPem },
          via: { proxy: proxy.url() },
          maxMessageBytes: 1_000,
          clock: systemClock,
          signal: new AbortController().signal,
          onText: () => undefined,
        }),
      );
      expect(error.code, error.message).to.equal('CERTIFICATE');
    }
    expect(proxy.asked).to.deep.equal([`cloud.test:${port}`, `cloud.test:${port}`]);
    expect(somebody.requests).to.deep.equal([]);
    await somebody.stop();
    await proxy.stop();
  });
});
