import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { adminRequest } from '../../src/client/admin-client.ts';
import { splitToken } from '../../src/pki/join-token.ts';
import type { CreatedToken, StatusReport } from '../../src/protocol/admin.ts';
import { eventually } from '../helpers/eventually.ts';
import { HTTP_CHUNK, memory, openTls, pour, waitFor } from '../helpers/hostile-bodies.ts';
import { httpsRequest } from '../helpers/https-request.ts';
import { startCloud, TestEdge } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';

const MIB = 1024 * 1024;
/** What this process may hold more after an attack of any size. */
const GROWTH = 24 * MIB;
/** What the kernel and TLS buffer between two ends, however little is read. */
const BUFFERED = 16 * MIB;
const HUGE = '1000000000000000';

const UPGRADE_HEAD = (nodeName: string): string =>
  `GET /p/${nodeName}/events HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
  `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nnode_id: ${nodeName}\r\nproject_id: p\r\nConnectionUse: msg\r\n\r\n`;

describe('hostile sizes: the cloud', () => {
  let cloud: TestCloud;
  let token: string;
  let edge: TestEdge;
  let admin: ConnectionOptions;
  let held: number;

  before(async () => {
    cloud = await startCloud({ limits: { loginTimeoutSeconds: 1, connectionsBeforeLoginPerAddress: 8 } });
    ({ token } = await adminRequest<CreatedToken>(cloud.paths.socket, 'POST', '/tokens', { ttlSeconds: 3600, uses: 0 }));
    edge = await TestEdge.connect(cloud, 'edge-1');
    held = memory();
    admin = { cert: await readFile(cloud.paths.admin.cert), key: await readFile(cloud.paths.admin.key) };
  });
  after(() => cloud.stop());
  afterEach('the same process answers, and holds no more than before', async () => {
    expect((await httpsRequest(`https://127.0.0.1:${cloud.httpsPort}/ca.crt`)).status).to.equal(200);
    expect((await cloud.kube.raw('/version')).length).to.be.greaterThan(0);
    expect((await edge.ask({ operation: 'query', resource: 'default/node/edge-1' })).route.operation).to.equal('response');
    expect((await adminRequest<StatusReport>(cloud.paths.socket, 'GET', '/status')).ready).to.equal(true);
    expect(memory() - held).to.be.lessThan(GROWTH);
  });

  const bearer = (): string => `Authorization: Bearer ${splitToken(token).jwt}\r\nNodeName: edge-9\r\n`;
  const unixSocket = (path: string): Socket => connect(path).on('error', () => undefined);
  /** Where a stranger, or somebody with a right, can send a body; and the status that stands for its refusal. */
  const entries: [name: string, open: () => Promise<Socket>, head: () => string, status: string, read: number][] = [
    ['/edge.crt with a token', () => openTls(cloud.httpsPort), () => `GET /edge.crt HTTP/1.1\r\nHost: x\r\n${bearer()}`, '413', 0],
    ['/edge.crt without one', () => openTls(cloud.httpsPort), () => 'GET /edge.crt HTTP/1.1\r\nHost: x\r\nNodeName: a\r\n', '401', 0],
    ['/ca.crt', () => openTls(cloud.httpsPort), () => 'GET /ca.crt HTTP/1.1\r\nHost: x\r\n', '200', 0],
    ['/node/NAME', () => openTls(cloud.httpsPort), () => 'GET /node/edge-1 HTTP/1.1\r\nHost: x\r\n', '404', 0],
    ['another path', () => openTls(cloud.httpsPort), () => 'POST /nodeupgrade HTTP/1.1\r\nHost: x\r\n', '404', 0],
    ["the websocket's port", () => openTls(cloud.websocketPort, edgeTls('edge-2')), () => 'POST / HTTP/1.1\r\nHost: x\r\n', '426', 0],
    ['the API, by a stranger', () => openTls(cloud.apiPort), () => 'POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\n', '401', 0],
    ['the API, what anybody may read', () => openTls(cloud.apiPort), () => 'GET /healthz HTTP/1.1\r\nHost: x\r\n', '200', 0],
    [
      'the API, by the administrator',
      () => openTls(cloud.apiPort, admin),
      () => 'POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n',
      '413',
      16 * MIB,
    ],
    [
      'the admin socket',
      () => Promise.resolve(unixSocket(cloud.paths.socket)),
      () => 'POST /tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n',
      '400',
      0,
    ],
  ];
  const edgeTls = (nodeName: string): ConnectionOptions => {
    const { certPem: cert, keyPem: key } = cloud.edgePair(nodeName);
    return { cert, key };
  };

  describe('CVE-2022-31075: a body without end', () => {
    for (const [name, open, head, status, read] of entries) {
      it(name, async () => {
        const { taken, said } = await pour(await open(), `${head()}Transfer-Encoding: chunked\r\n\r\n`, HTTP_CHUNK);
        expect(taken).to.be.lessThan(read + BUFFERED);
        // Who is still sending may be cut off before the answer is there.
        if (said !== '') expect(said.slice(0, 12)).to.equal(`HTTP/1.1 ${status}`);
      });
    }

    it('a message without end, by a node', async () => {
      const socket = await openTls(cloud.websocketPort, edgeTls('edge-2'));
      // Fragments of 64 KiB, none of which is the last.
      const frame = Buffer.concat([Buffer.from([0x00, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.alloc(65_536, 0x78)]);
      const head = Buffer.concat([Buffer.from(UPGRADE_HEAD('edge-2')), Buffer.from([0x01, 0x80, 0, 0, 0, 0])]);
      const { taken } = await pour(socket, head, frame);
      expect(taken).to.be.lessThan(8 * MIB + BUFFERED);
    });
  });

  describe('CVE-2026-62370: a declared length', () => {
    for (const [name, open, head, status] of entries) {
      it(name, async () => {
        const said = await waitFor(await open(), `${head()}Content-Length: ${HUGE}\r\n\r\n`);
        expect(said.slice(0, 12)).to.equal(`HTTP/1.1 ${status}`);
      });
    }

    const frames: [string, number[]][] = [
      ['2 GiB', [0x81, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]],
      ['more than numbers can say', [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]],
    ];
    for (const [name, frame] of frames) {
      it(`a websocket message of ${name}`, async () => {
        const socket = await openTls(cloud.websocketPort, edgeTls('edge-2'));
        const said = await waitFor(socket, Buffer.concat([Buffer.from(UPGRADE_HEAD('edge-2')), Buffer.from(frame)]));
        expect(said).to.contain('101 Switching Protocols');
        // A close frame with status 1009, message too big.
        expect(said.slice(-30)).to.contain('\x03\xf1');
      });
    }
  });

  it('a message of very many fragments, which cost more than they hold', async () => {
    const socket = await openTls(cloud.websocketPort, edgeTls('edge-2'));
    const fragments = Buffer.alloc(7 * 8_000, Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x78]));
    const head = Buffer.concat([Buffer.from(UPGRADE_HEAD('edge-2')), Buffer.from([0x01, 0x80, 0, 0, 0, 0])]);
    const { taken } = await pour(socket, head, fragments);
    expect(taken).to.be.lessThan(MIB);
  });

  it('pings of an edge that does not read the answers', async () => {
    const socket = await openTls(cloud.websocketPort, edgeTls('edge-2'));
    socket.pause();
    const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125, 0x78)]);
    let taken = 0;
    socket.write(UPGRADE_HEAD('edge-2'));
    const pings = Buffer.concat(Array.from({ length: 500 }, () => ping));
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    while (!socket.destroyed && taken < 64 * MIB) {
      taken += pings.length;
      if (!socket.write(pings)) await Promise.race([ended, new Promise((resolve) => socket.once('drain', resolve))]);
    }
    await ended;
    expect(taken).to.be.lessThan(64 * MIB);
  });

  it('peers that say nothing, or too slowly', async () => {
    const letters = `GET /edge.crt HTTP/1.1\r\nHost: x\r\n${bearer()}Content-Length: 9000\r\n\r\n`;
    const { httpsPort, websocketPort, apiPort } = cloud;
    const tcp = (port: number): Promise<Socket> => Promise.resolve(connect(port, '127.0.0.1'));
    const slow: [Promise<Socket>, head?: string][] = [
      ...[httpsPort, websocketPort, apiPort].map((port): [Promise<Socket>] => [tcp(port)]),
      ...[openTls(httpsPort), openTls(websocketPort, edgeTls('edge-2')), openTls(apiPort)].map((one): [Promise<Socket>] => [one]),
      [openTls(httpsPort), 'GET /ca.crt HTTP/1.1\r\nX: '],
      [openTls(httpsPort), letters],
      [openTls(apiPort), 'GET /healthz HTTP/1.1\r\nX: '],
    ];
    await Promise.all(
      slow.map(async ([opening, head]) => {
        const socket = await opening;
        const timer = setInterval(() => head !== undefined && socket.write('x'), 100);
        await waitFor(socket, head ?? '');
        clearInterval(timer);
      }),
    );
  });

  for (const port of ['httpsPort', 'websocketPort', 'apiPort'] as const) {
    it(`no more than eight connections of one address before login, at ${port}`, async () => {
      const ended: number[] = [];
      const sockets = Array.from({ length: 20 }, (_, index) =>
        connect(cloud[port], '127.0.0.1')
          .on('error', () => undefined)
          .resume()
          .once('close', () => ended.push(index)),
      );
      await eventually(() => ended.length === 12, 'the others to be cut off');
      expect(ended).to.have.members([8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
      for (const socket of sockets) socket.destroy();
      await eventually(() => ended.length === 20, 'the end');
    });
  }

  it('an edge that has logged in is no stranger', async () => {
    const edges: TestEdge[] = [];
    for (let index = 0; index < 9; index += 1) edges.push(await TestEdge.connect(cloud, `known-${index}`));
    for (const one of edges) await one.disconnect();
  });
});
