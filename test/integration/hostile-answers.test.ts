import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { EnrolmentClient } from '../../src/daemons/edge/edgehub/enrolment-client.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { dialHub } from '../../src/link/hub-client.ts';
import type { HubConnection } from '../../src/link/hub-client.ts';
import { Connection } from '../../src/mqtt/connection.ts';
import { renewCertificate } from '../../src/daemons/edge/edgehub/renew-certificate.ts';
import { createCsr } from '../../src/pki/csr.ts';
import { caHash } from '../../src/pki/join-token.ts';
import { createKeyPem } from '../../src/pki/key-pair.ts';
import { pemToDer } from '../../src/pki/pem.ts';
import { BODIES, HTTP_CHUNK, memory } from '../helpers/hostile-bodies.ts';
import { tlsPair } from '../helpers/tls-server.ts';

const MIB = 1024 * 1024;
const GROWTH = 24 * MIB;
const BUFFERED = 16 * MIB;
const ENOUGH = 128 * MIB;
const MAX_MESSAGE_BYTES = 100_000;

/** Writes `head`, then the chunk again and again until the other side hangs up. @returns the bytes that it took */
async function floodWith(socket: Socket, head: string | Buffer, chunk: Buffer, everyMs?: number): Promise<number> {
  let taken = 0;
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined).write(head);
  while (taken < ENOUGH && !socket.destroyed) {
    taken += chunk.length;
    const full = !socket.write(chunk);
    if (everyMs !== undefined) await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, everyMs))]);
    else if (full) await Promise.race([ended, once(socket, 'drain').catch(() => undefined)]);
  }
  await ended;
  return taken;
}

/** RFC 6455 §4.2.2. */
function digest(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

describe('hostile sizes: the edge', () => {
  const pair = tlsPair();
  let server: Server;
  let port: number;
  let answer: (socket: Socket, request: string) => unknown;
  let held: number;
  let taken: Promise<number> | undefined;

  before(async () => {
    server = createTlsServer({ cert: pair.certPem, key: pair.keyPem }, (socket) => {
      socket.on('error', () => undefined).once('data', (data: Buffer) => void answer(socket, data.toString('latin1')));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  after(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    held = memory();
    taken = undefined;
  });
  afterEach(async () => {
    if (taken !== undefined) expect(await taken).to.be.lessThan(BUFFERED);
    expect(memory() - held).to.be.lessThan(GROWTH);
  });

  const dial = (signal = new AbortController().signal): Promise<HubConnection> =>
    dialHub({
      url: `wss://127.0.0.1:${port}/p/edge-1/events`,
      headers: {},
      tls: { ca: pair.caPem, cert: '', key: '' },
      maxMessageBytes: MAX_MESSAGE_BYTES,
      clock: systemClock,
      signal,
      onText: () => undefined,
    });
  const accept = (request: string): string => {
    const [, key = ''] = /sec-websocket-key: (\S+)/i.exec(request) ?? [];
    return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${digest(key)}\r\n\r\n`;
  };
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'none',
      (error: unknown) => (error as { code?: unknown }).code,
    );

  describe('CVE-2022-31080: what follows a refused upgrade', () => {
    for (const status of ['200 OK', '403 Forbidden', '500 Oops']) {
      it(`a body without end after ${status}`, async () => {
        answer = (socket) => (taken = floodWith(socket, `HTTP/1.1 ${status}\r\nTransfer-Encoding: chunked\r\n\r\n`, HTTP_CHUNK));
        const failure: unknown = await dial().catch((error: unknown) => error);
        expect(failure).to.have.property('code', status.startsWith('403') ? 'AUTH' : 'UNREACHABLE');
        expect((failure as Error).message.length).to.be.lessThan(5_000);
      });
    }

    it('a declared length', async () => {
      answer = (socket) => (taken = floodWith(socket, 'HTTP/1.1 500 No\r\nContent-Length: 1000000000000000\r\n\r\n', HTTP_CHUNK));
      expect(await codeOf(dial())).to.equal('UNREACHABLE');
    });

    it('a head without end', async () => {
      answer = (socket) => (taken = floodWith(socket, 'HTTP/1.1 101 Yes\r\n', Buffer.from(`X: ${'x'.repeat(1_000)}\r\n`)));
      expect(await codeOf(dial())).to.equal('UNREACHABLE');
    });

    it('a body by the letter, until the edge has enough', async () => {
      const stop = new AbortController();
      answer = (socket) => {
        taken = floodWith(socket, 'HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n', Buffer.from('1\r\nx\r\n'), 10);
        setTimeout(() => stop.abort(), 200);
      };
      expect(await codeOf(dial(stop.signal))).to.equal('UNREACHABLE');
    });
  });

  describe('CVE-2026-62370: messages of the cloud', () => {
    const frames: [string, Buffer, Buffer, RegExp][] = [
      ['a declared length of 2 GiB', Buffer.from([0x81, 127, 0, 0, 0, 0, 0x80, 0, 0, 0]), Buffer.alloc(65_536, 0x78), /Max payload size/],
      [
        'a message without end, in fragments',
        Buffer.from([0x01, 0]),
        Buffer.concat([Buffer.from([0x00, 126, 0x10, 0]), Buffer.alloc(0x1000, 0x78)]),
        /Max payload size/,
      ],
      ['very many fragments', Buffer.from([0x01, 0]), Buffer.from([0x00, 0]), /Too many message fragments/],
    ];
    for (const [name, head, chunk, why] of frames) {
      it(name, async () => {
        answer = (socket, request) => {
          socket.write(accept(request));
          taken = floodWith(socket, head, chunk);
        };
        const connection = await dial();
        connection.resume();
        expect(await connection.closed).to.match(why);
      });
    }
  });

  describe('answers to an edge that enrols', () => {
    const client = (signal?: AbortSignal): EnrolmentClient => new EnrolmentClient({ host: '127.0.0.1', port }, {}, signal);
    const token = { caHash: caHash(pemToDer(pair.caPem)), jwt: 'a.b.c' };
    const csr = createCsr({ keyPem: createKeyPem(), subject: { commonName: 'a', organizations: ['b'] } });
    const asks: [string, (client: EnrolmentClient) => Promise<unknown>][] = [
      ['/ca.crt', (one) => one.fetchCa(token)],
      ['/edge.crt', (one) => one.requestCertificate('a', 'a.b.c', csr, pair.caPem)],
    ];
    for (const [path, ask] of asks) {
      it(`${path} without end`, async () => {
        answer = (socket) => (taken = floodWith(socket, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', HTTP_CHUNK));
        const failure: unknown = await ask(client()).catch((error: unknown) => error);
        expect(failure).to.have.property('code', 'UNREACHABLE');
        expect(failure).to.have.property('message').that.contains('larger than 65536 bytes');
      });

      it(`${path} with a declared length`, async () => {
        answer = (socket) => (taken = floodWith(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000\r\n\r\n', HTTP_CHUNK));
        expect(await codeOf(ask(client()))).to.equal('UNREACHABLE');
      });

      it(`${path} by the letter`, async () => {
        answer = (socket) => (taken = floodWith(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n', Buffer.from('x'), 10));
        expect(await codeOf(ask(client(AbortSignal.timeout(300))))).to.equal('UNREACHABLE');
      });

      for (const [name, body] of BODIES) {
        it(`${path}: ${name}`, async () => {
          const short = body.slice(0, 60_000);
          answer = (socket) => void socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${short.length}\r\n\r\n${short}`);
          const given: unknown = await ask(client()).catch((error: unknown) => error);
          // The certificate is looked at by whoever asked for it.
          if (path === '/ca.crt') expect(given).to.have.property('code', 'INVALID_INPUT');
          else {
            expect((given as { body: Buffer }).body.toString()).to.equal(short);
            expect(await codeOf(renewCertificate(client(), 'a', { caPem: pair.caPem, pair }))).to.equal('CERTIFICATE');
          }
          answer = (socket) => {
            const der = pemToDer(pair.caPem);
            socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${der.length}\r\n\r\n`), der]));
          };
          expect(await client().fetchCa(token)).to.equal(pair.caPem);
        });
      }
    }
  });

  it('CVE-2026-62370: a declared length, of an external MQTT broker', async () => {
    const broker = createServer((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from([0x20, 0x03, 0x00, 0x00, 0x00]));
        // PUBLISH with a remaining length of 256 MiB.
        taken = floodWith(socket, Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(65_536));
      });
    });
    await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
    const { port: brokerPort } = broker.address() as AddressInfo;
    const connection = await Connection.open({
      endpoint: { url: `mqtt://127.0.0.1:${brokerPort}` },
      clientId: 'edge-1',
      protocolVersion: 5,
      maxPacketBytes: MIB,
      receive: () => Promise.resolve(),
      signal: new AbortController().signal,
    });
    expect((await connection.closed).message).to.equal(`the broker sends a packet of more than ${MIB} bytes`);
    await new Promise((resolve) => broker.close(resolve));
  });
});
