import { expect } from 'chai';
import { request } from 'node:https';
import { WebSocket } from 'ws';
import { cloudConfig } from '../../src/config/cloud-config.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { serveHub } from '../../src/link/hub-server.ts';
import type { HubSocket } from '../../src/link/hub-server.ts';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import { altNamesOf } from '../../src/pki/names.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { eventually } from '../helpers/eventually.ts';
import { testScope } from '../helpers/test-scope.ts';

describe("the cloud's end of the hub websocket", () => {
  const { limits } = cloudConfig({});
  const ca = createCa(PROFILES.ca);
  const server = issueKeyPair({ ca, profile: PROFILES.cloudServer, sans: altNamesOf(['127.0.0.1']) });
  const client = issueKeyPair({
    ca,
    profile: PROFILES.edgeClient,
    subject: { commonName: 'system:node:n', organizations: ['system:nodes'] },
  });
  const tls = { ca: ca.certPem, cert: client.certPem, key: client.keyPem };
  let scope: ReturnType<typeof testScope>;
  let port: number;
  let texts: string[];
  let ends: string[];
  let sockets: HubSocket[];

  beforeEach(async () => {
    scope = testScope();
    [texts, ends, sockets] = [[], [], []];
    ({ port } = await serveHub(scope, {
      address: '127.0.0.1',
      port: 0,
      tls: { ca: ca.certPem, cert: server.certPem, key: server.keyPem },
      maxMessageBytes: 1000,
      limits,
      clock: systemClock,
      window: 1,
      authorise: () => Promise.resolve(undefined),
      onConnection: (_peer, socket) => {
        sockets.push(socket);
        socket.onText = (text) => texts.push(text);
        socket.onClose = (reason) => ends.push(reason);
      },
    }));
  });
  afterEach(() => scope.end());

  async function dial(): Promise<WebSocket> {
    const socket = new WebSocket(`wss://127.0.0.1:${port}/any/path`, tls);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    return socket;
  }

  it('takes text and binary messages, in order, without compression', async () => {
    const socket = await dial();
    expect(socket.extensions).to.equal('');
    socket.send('one');
    socket.send(Buffer.from('two'), { binary: true });
    socket.send('th', { fin: false });
    socket.send('ree', { fin: true });
    await eventually(() => texts.length === 3, 'three messages');
    expect(texts).to.deep.equal(['one', 'two', 'three']);
    socket.close();
    await eventually(() => ends.length === 1, 'the end');
  });

  it('ends a connection whose message is too large, its fragments together', async () => {
    const socket = await dial();
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    for (let part = 0; part < 3; part++) socket.send('x'.repeat(400), { fin: false });
    expect(await closed).to.equal(1009);
    await eventually(() => ends.length === 1, 'the end');
    expect(texts).to.deep.equal([]);
  });

  it('tells the edge why it is sent away', async () => {
    const socket = await dial();
    const closed = new Promise<string>((resolve) => socket.once('close', (_code, reason) => resolve(reason.toString())));
    await eventually(() => sockets[0], 'the connection');
    sockets[0]?.close('replaced');
    expect(await closed).to.equal('replaced');
  });

  it('cuts off an edge that does not answer a goodbye', async () => {
    const socket = await dial();
    await eventually(() => sockets[0], 'the connection');
    socket.pause();
    sockets[0]?.close('gone');
    await eventually(() => ends.length === 1, 'the end', 5_000);
    expect(ends).to.deep.equal(['gone']);
    socket.terminate();
  });

  it('answers plain requests with a hint', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/', ...tls, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).to.equal(426);
  });

  it('refuses a port that is taken', async () => {
    const error: unknown = await serveHub(scope, {
      address: '127.0.0.1',
      port,
      tls: { ca: ca.certPem, cert: server.certPem, key: server.keyPem },
      maxMessageBytes: 1000,
      limits,
      clock: systemClock,
      window: 1,
      authorise: () => Promise.resolve(undefined),
      onConnection: () => undefined,
    }).catch((failure: unknown) => failure);
    expect(error).to.have.property('code', 'PORT_IN_USE');
  });
});
