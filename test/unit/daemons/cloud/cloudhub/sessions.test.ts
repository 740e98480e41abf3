import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { cloudConfig } from '../../../../../src/config/cloud-config.ts';
import { CloudHub } from '../../../../../src/daemons/cloud/cloudhub/cloud-hub.ts';
import type { CloudEvents } from '../../../../../src/daemons/cloud/events.ts';
import { Bus } from '../../../../../src/kernel/bus.ts';
import type { HubPeer, HubServerOptions, HubSocket } from '../../../../../src/link/hub-server.ts';
import { encodeMessage, newMessage } from '../../../../../src/protocol/message.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';
import { testScope } from '../../../../helpers/test-scope.ts';

const PEER: HubPeer = {
  nodeId: 'edge-1',
  projectId: 'project',
  connectionUse: 'msg',
  certificate: new Uint8Array(),
  remoteAddress: '192.0.2.1',
  localAddress: '192.0.2.2',
  storeId: undefined,
  window: 256,
};

interface Connection extends HubSocket {
  readonly sent: string[];
  /** Why this side has ended it. */
  reason: string | undefined;
}

describe("CloudHub's sessions", () => {
  let clock: ManualClock;
  let hub: CloudHub;
  let server: HubServerOptions;
  let facts: string[];
  let scope: ReturnType<typeof testScope>;

  beforeEach(async () => {
    clock = new ManualClock();
    facts = [];
    scope = testScope();
    const bus = new Bus<CloudEvents>();
    for (const fact of ['nodeConnected', 'nodeDisconnected'] as const) bus.on(scope, fact, () => void facts.push(fact));
    hub = new CloudHub({
      bus,
      clock,
      ...cloudConfig({}).cloudHub,
      limits: cloudConfig({}).limits,
      serve: (_scope, options) => {
        server = options;
        return Promise.resolve({ port: 1, useCertificate: () => undefined });
      },
      checkPeer: () => Promise.resolve(undefined),
      tls: () => ({ ca: '', cert: '', key: '' }),
      acceptsCertificate: () => Promise.resolve(true),
      acceptsNameless: () => Promise.resolve(true),
      admitStore: () => Promise.resolve(),
      kubernetesCa: () => '',
      recordDelivery: () => Promise.resolve(),
      handlers: {},
    });
    await hub.start(scope);
  });
  afterEach(() => scope.end());

  function connect(): Connection {
    const connection: Connection = {
      sent: [],
      reason: undefined,
      bufferedBytes: 0,
      send: (text) => void connection.sent.push(text),
      pause: () => undefined,
      resume: () => undefined,
      close: (reason) => (connection.reason ??= reason),
      onText: () => undefined,
      onClose: () => undefined,
    };
    server.onConnection(PEER, connection);
    return connection;
  }
  const keepalive = encodeMessage(newMessage({ source: 'websocket', group: 'resource', operation: 'keepalive', resource: 'node' }, 'ping'));
  const push = (name: string): boolean => {
    const metadata = { name, namespace: 'default', uid: name, resourceVersion: '1' };
    const route = { source: 'edgecontroller', group: 'resource', operation: 'insert', resource: `default/configmap/${name}` };
    return hub.send('edge-1', newMessage(route, { metadata }, { resourceVersion: '1' }));
  };

  it('the end of an old connection touches nothing of the newer one', async () => {
    const old = connect();
    const newer = connect();
    expect(old.reason).to.contain('replaced');
    expect(push('a')).to.equal(true);
    await nextTurn();
    old.onClose('the network says so at last');
    old.onText(keepalive);
    expect(hub.connectedNodes()).to.deep.equal(['edge-1']);
    expect(facts).to.deep.equal(['nodeConnected', 'nodeConnected']);
    expect(hub.status().queues).to.deep.equal({ unacknowledged: 1 });
    // Its repetition goes to the newer one, too.
    clock.advance(5_000);
    await nextTurn();
    expect(newer.sent.length).to.be.at.least(1);
    expect(old.sent).to.deep.equal([]);
    newer.onClose('gone');
    expect(hub.connectedNodes()).to.deep.equal([]);
    expect(facts).to.deep.equal(['nodeConnected', 'nodeConnected', 'nodeDisconnected']);
  });

  it('a keepalive that was late on an old connection keeps no newer one alive', () => {
    const old = connect();
    const newer = connect();
    clock.advance(29_000);
    old.onText(keepalive);
    clock.advance(5_000);
    expect(newer.reason).to.contain('no keepalive for 30 s');
  });

  it('finds a half-open connection within 30 s, and none that is alive', () => {
    const connection = connect();
    for (let seconds = 0; seconds < 120; seconds += 15) {
      clock.advance(15_000);
      connection.onText(keepalive);
    }
    expect(connection.reason).to.equal(undefined);
    // The wall clock has nothing to say about it.
    clock.jump(3_600_000);
    clock.advance(28_000);
    expect(connection.reason).to.equal(undefined);
    clock.advance(2_000);
    expect(connection.reason).to.contain('no keepalive for 30 s');
  });
});
