import { expect } from 'chai';
import { EdgeHub } from '../../src/daemons/edge/edgehub/edge-hub.ts';
import type { EdgeEvents } from '../../src/daemons/edge/events.ts';
import { Bus } from '../../src/kernel/bus.ts';
import type { KedgeError } from '../../src/kernel/errors.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { newMessage, replyTo } from '../../src/protocol/message.ts';
import type { Message } from '../../src/protocol/message.ts';
import { eventually } from '../helpers/eventually.ts';
import { testScope } from '../helpers/test-scope.ts';
import type { TestScope } from '../helpers/test-scope.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { TlsHub, testPki } from '../helpers/tls-hub.ts';
import type { HubSession, TestPki } from '../helpers/tls-hub.ts';

const fast: Clock = {
  ...systemClock,
  after: (ms, run) => systemClock.after(ms / 100, run),
  every: (ms, run) => systemClock.every(ms / 100, run),
};
const PROJECT = 'e632aba927ea4ac2b575ec1603d56f10';
const query = (): Message => newMessage({ source: 'edged', group: 'meta', operation: 'query', resource: 'default/configmap/cm' }, null);
const pod = (index: number): Message =>
  newMessage({ source: 'edgecontroller', group: 'resource', operation: 'insert', resource: `default/pod/p${index}` }, { index });

describe('EdgeHub', () => {
  let pki: TestPki;
  let cloud: TlsHub;
  let port: number;
  let scope: TestScope;
  let facts: string[];
  let handled: Message[];
  let handle: (message: Message) => Promise<void>;

  before(async () => {
    pki = await testPki('edge1');
  });
  after(() => pki.remove());

  beforeEach(async () => {
    cloud = new TlsHub();
    port = await cloud.listen(pki.serverPair('127.0.0.1'), pki.ca.certPem);
    scope = testScope();
    facts = [];
    handled = [];
    handle = async (message) => {
      handled.push(message);
    };
  });
  afterEach(async () => {
    await scope.end();
    await cloud.close();
  });

  interface StartOptions {
    clock?: Clock;
    server?: string;
    onUploadsLost?: (count: number) => void;
  }

  async function start({ clock = systemClock, server = `127.0.0.1:${port}`, onUploadsLost }: StartOptions = {}): Promise<EdgeHub> {
    const bus = new Bus<EdgeEvents>();
    bus.on(scope, 'cloudConnected', () => void facts.push('connected'));
    bus.on(scope, 'cloudDisconnected', () => void facts.push('disconnected'));
    const hub = new EdgeHub(
      {
        nodeName: 'edge1',
        websocketServer: server,
        httpServer: 'https://127.0.0.1:1',
        projectID: PROJECT,
        heartbeatSeconds: 15,
        maxMessageBytes: 1e6,
        credentials: pki.files,
      },
      {
        bus,
        clock,
        storeId: () => 'store-0001',
        metaManager: (message) => handle(message),
        deviceTwin: (message) => handle(message),
        ...(onUploadsLost !== undefined && { onUploadsLost }),
      },
    );
    await hub.start(scope);
    return hub;
  }
  const ask = (hub: EdgeHub, message = query(), timeoutMs = 5_000): Promise<Message> =>
    hub.request(message, { timeoutMs, signal: scope.signal });

  it('dials as KubeEdge does and says that it lives', async () => {
    const hub = await start();
    const { request, clientName, next } = await cloud.session(0);
    expect(request.url).to.equal(`/${PROJECT}/edge1/events`);
    expect(request.headers).to.include({ node_id: 'edge1', project_id: PROJECT, connectionuse: 'msg', 'kedge-store': 'store-0001' });
    expect(request.headers).to.not.have.any.keys('sec-websocket-extensions', 'sec-websocket-protocol', 'origin');
    expect(clientName).to.equal('system:node:edge1');
    const keepalive = await next(() => true);
    expect(keepalive.route).to.deep.equal({ source: 'websocket', group: 'resource', operation: 'keepalive', resource: 'node' });
    expect(keepalive.content).to.equal('ping');
    expect(facts).to.deep.equal(['connected']);
    expect(hub.localAddress).to.equal('127.0.0.1');
    expect(hub.status()).to.deep.include({ state: 'ok' });
    expect(hub.status().facts).to.include({ connected: true, certificateDaysLeft: PROFILES.edgeClient.days - 1 });
  });

  it('repeats the keepalive every heartbeat', async () => {
    await start({ clock: fast });
    const { received } = await cloud.session(0);
    await eventually(() => received.filter(({ route }) => route.operation === 'keepalive').length >= 3);
  });

  it('hands messages on in order, survives nonsense, and drops nothing when it is slow', async () => {
    await start();
    const session = await cloud.session(0);
    handle = async (message) => {
      await new Promise((resolve) => setImmediate(resolve));
      handled.push(message);
    };
    session.send('{"header":');
    session.send('[]');
    session.send({ header: { msg_id: '', timestamp: 0 }, route: {}, content: null });
    session.send(newMessage({ source: 'x', group: 'nobody', operation: 'update', resource: 'a/b/c' }, null));
    for (let index = 0; index < 1_000; index += 1) session.send(pod(index));
    await eventually(() => handled.length === 1_000);
    expect(handled.map(({ content }) => (content as { index: number }).index)).to.deep.equal([...handled.keys()]);
  });

  it('reads no further while its handlers are stuck', async () => {
    let release: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => (release = resolve));
    handle = async (message) => {
      await stuck;
      handled.push(message);
    };
    await start();
    const session = await cloud.session(0);
    const large = { ...pod(0), content: 'x'.repeat(500_000) };
    for (let index = 0; index < 60; index += 1) session.send(large);
    // What is not read stays with the sender, but for the edge's 4 MiB and the kernel's buffers.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(session.socket.bufferedAmount).to.be.greaterThan(15e6);
    release();
    await eventually(() => handled.length === 60);
  });

  it('answers the control operations itself', async () => {
    await start();
    const session = await cloud.session(0);
    const ping = newMessage({ source: 'cloud', group: 'resource', operation: 'ping', resource: 'x' }, null);
    session.send(ping);
    const answer = await session.next(({ header }) => header.parent_msg_id === ping.header.msg_id);
    expect(answer).to.deep.include({ content: 'ack' });
    expect(handled).to.deep.equal([]);
  });

  it('gives an answer to whoever asked, and to nobody else', async () => {
    cloud.onMessage = (message, session) => {
      if (message.route.operation === 'query')
        session.send(replyTo(message, { data: { a: '1' } }, { source: 'edgecontroller', group: 'resource' }));
    };
    const hub = await start();
    await eventually(() => hub.connected);
    const [first, second] = [query(), query()];
    const answers = await Promise.all([ask(hub, first), ask(hub, second)]);
    expect(answers.map(({ header }) => header.parent_msg_id)).to.deep.equal([first.header.msg_id, second.header.msg_id]);
    expect(handled).to.deep.equal([]);
  });

  it('fails what waits for an answer when the time is up, when the cloud goes away, and when it is away', async () => {
    const hub = await start();
    const session = await cloud.session(0);
    await eventually(() => hub.connected);
    const codeOf = (promise: Promise<Message>): Promise<unknown> => promise.catch((error: unknown) => (error as KedgeError).code);
    expect(await codeOf(ask(hub, query(), 30))).to.equal('TIMEOUT');
    const waiting = codeOf(ask(hub));
    session.socket.close(1001, 'going away');
    expect(await waiting).to.equal('UNREACHABLE');
    expect(hub.send(query())).to.equal(false);
    expect(await codeOf(ask(hub))).to.equal('UNREACHABLE');
    expect(hub.status().facts).to.include({ connected: false, lastError: 'going away' });
  });

  it('comes back soon after the cloud with the certificate that it has by then', async () => {
    const hub = await start();
    await cloud.session(0);
    await cloud.close();
    await eventually(() => facts.includes('disconnected'));
    await pki.enrol('edge1-renamed');
    // Long enough for the back-off to reach its cap.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const before = Date.now();
    const again = new TlsHub();
    await again.listen(pki.serverPair('127.0.0.1'), pki.ca.certPem, port);
    try {
      const { clientName } = await again.session(0);
      // 3 s at most by its back-off; the rest is for a busy machine.
      expect(Date.now() - before).to.be.lessThan(10_000);
      expect(clientName).to.equal('system:node:edge1-renamed');
      await eventually(() => hub.connected);
      expect(facts).to.deep.equal(['connected', 'disconnected', 'connected']);
    } finally {
      await scope.end();
      await again.close();
      await pki.enrol('edge1');
    }
  });

  it('notices a peer that has fallen silent', async () => {
    const hub = await start({ clock: fast });
    const session = await cloud.session(0);
    session.socket.pause();
    await eventually(() => facts.includes('disconnected'));
    await cloud.session(1);
    await eventually(() => hub.connected);
  });

  it('tells why it was refused', async () => {
    cloud.refusal = { status: 401, text: 'node_id edge2 is not in the certificate' };
    const hub = await start();
    const text = await eventually(() => hub.status().facts?.['lastError']);
    expect(text).to.contain('401 node_id edge2 is not in the certificate');
    expect(hub.status().state).to.equal('degraded');
    cloud.refusal = undefined;
    await eventually(() => hub.connected);
    expect(hub.status().facts).to.not.have.property('lastError');
  });

  it('trusts no server of another CA and none of another name', async () => {
    const strange = new TlsHub();
    const names = { dnsNames: [], ipAddresses: ['127.0.0.1'] };
    const foreign = issueKeyPair({ ca: createCa(PROFILES.ca), profile: PROFILES.cloudServer, sans: names });
    try {
      const strangePort = await strange.listen(foreign, pki.ca.certPem);
      const first = await start({ server: `127.0.0.1:${strangePort}` });
      expect(await eventually(() => first.status().facts?.['lastError'])).to.match(/signature|self-signed|unable to verify/);
      const misnamed = await start({ server: `localhost:${port}` });
      expect(await eventually(() => misnamed.status().facts?.['lastError'])).to.match(/localhost/);
      expect([...strange.sessions, ...cloud.sessions]).to.deep.equal([]);
    } finally {
      await scope.end();
      await strange.close();
    }
  });

  describe('sends', () => {
    const upload = (index: number): Message =>
      newMessage({ source: 'bus', group: 'user', operation: 'upload', resource: 'default/user/x' }, String(index));
    const uploads = (session: HubSession): string[] =>
      session.received.filter(({ route }) => route.operation === 'upload').map(({ content }) => String(content));

    it("to KubeEdge's cloud no more than KubeEdge's edge does; acknowledgements and keepalives do not wait", async () => {
      const clock = new ManualClock();
      const hub = await start({ clock });
      const session = await cloud.session(0);
      await eventually(() => hub.connected);
      expect(hub.isKedgeCloud).to.equal(false);
      expect(hub.status().detail).to.equal(`connected to 127.0.0.1:${port}, a cloud of KubeEdge`);
      const taken = Array.from({ length: 200 }, (_, index) => hub.send(upload(index)));
      expect(taken.filter((is) => is)).to.have.length(160);
      await eventually(() => uploads(session).length === 60);
      const ack = replyTo(pod(0), 'OK');
      expect(hub.send(ack)).to.equal(true);
      clock.advance(34);
      await session.next(({ header }) => header.msg_id === ack.header.msg_id);
      expect(uploads(session)).to.have.length(60);
      const keepalives = session.received.filter(({ route }) => route.operation === 'keepalive').length;
      // Of every heartbeat, too, while the uploads go on.
      for (let second = 1; second <= 15; second++) {
        for (let index = 0; index < 50; index++) hub.send(upload(0));
        clock.advance(1_000);
      }
      await eventually(() => session.received.filter(({ route }) => route.operation === 'keepalive').length === keepalives + 1);
      await eventually(() => uploads(session).length >= 60 + 15 * 30);
      expect(uploads(session).length).to.be.at.most(60 + 15 * 30 + 1);
      expect(uploads(session).slice(0, 160)).to.deep.equal(Array.from({ length: 160 }, (_, index) => String(index)));
    });

    it("to KubeEdge's cloud; which uploads had to wait for too long is told when the connection ends", async () => {
      const lost: number[] = [];
      const hub = await start({ clock: new ManualClock(), onUploadsLost: (count) => void lost.push(count) });
      const session = await cloud.session(0);
      await eventually(() => hub.connected);
      // 60 go at once: the others wait for their turn, and so do ten reports.
      for (let index = 0; index < 75; index++) hub.send(upload(index));
      const report = { source: 'twin', group: 'resource', operation: 'update', resource: 'device/default/x/twin/edge_updated' };
      for (let index = 0; index < 10; index++) hub.send(newMessage(report, {}));
      await eventually(() => uploads(session).length === 60);
      session.socket.terminate();
      await eventually(() => lost.length > 0);
      expect(lost).to.deep.equal([15]);
    });

    it("to kedge's cloud what there is", async () => {
      cloud.window = 256;
      const hub = await start({ clock: new ManualClock() });
      const session = await cloud.session(0);
      await eventually(() => hub.connected);
      expect(hub.isKedgeCloud).to.equal(true);
      expect(hub.status().detail).to.equal(`connected to 127.0.0.1:${port}`);
      for (let index = 0; index < 500; index++) expect(hub.send(upload(index))).to.equal(true);
      await eventually(() => uploads(session).length === 500);
    });
  });

  it('says goodbye when it stops, also while it dials', async () => {
    const hub = await start();
    const session = await cloud.session(0);
    await eventually(() => hub.connected);
    const code = new Promise((resolve) => session.socket.once('close', resolve));
    await scope.end();
    expect(await code).to.equal(1000);
    scope = testScope();
    await start({ server: '127.0.0.1:1' });
    await scope.end();
  });
});
