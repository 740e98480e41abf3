import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import type { KeyPair } from '../../src/pki/key-pair.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { decodeMessage, encodeMessage } from '../../src/protocol/message.ts';
import type { Message } from '../../src/protocol/message.ts';
import { WINDOW_HEADER } from '../../src/protocol/window.ts';
import { eventually } from './eventually.ts';

/** A CA with a certificate of each kind, and the edge's three files. */
export interface TestPki {
  ca: KeyPair;
  files: { ca: string; cert: string; key: string };
  enrol(nodeName: string): Promise<void>;
  serverPair(host: string): KeyPair;
  remove(): Promise<void>;
}

export async function testPki(nodeName: string): Promise<TestPki> {
  const folder = await mkdtemp(join(tmpdir(), 'kedge-pki-'));
  const ca = createCa(PROFILES.ca);
  const files = { ca: join(folder, 'rootCA.crt'), cert: join(folder, 'server.crt'), key: join(folder, 'server.key') };
  const pki: TestPki = {
    ca,
    files,
    enrol: async (name) => {
      const subject = { commonName: `system:node:${name}`, organizations: ['system:nodes'] };
      const pair = issueKeyPair({ ca, profile: PROFILES.edgeClient, subject });
      await writeFile(files.ca, ca.certPem);
      await writeFile(files.cert, pair.certPem);
      await writeFile(files.key, pair.keyPem);
    },
    serverPair: (host) => issueKeyPair({ ca, profile: PROFILES.cloudServer, sans: { dnsNames: [], ipAddresses: [host] } }),
    remove: () => rm(folder, { recursive: true }),
  };
  await pki.enrol(nodeName);
  return pki;
}

export interface HubSession {
  request: IncomingMessage;
  clientName: string;
  socket: WebSocket;
  /** Everything that arrived, in order. */
  received: Message[];
  send: (message: Message | string) => void;
  /** The first message that fits, now or later. */
  next: (fits: (message: Message) => boolean) => Promise<Message>;
}

/** A websocket server with TLS as CloudHub's, whose conversation the test leads. */
export class TlsHub {
  readonly sessions: HubSession[] = [];
  /** Answers upgrades with this instead. */
  refusal: { status: number; text: string } | undefined;
  /** What kedge's cloud names in its answer to the upgrade; KubeEdge's names nothing. */
  window: number | undefined;
  /** Called for every message. */
  onMessage: ((message: Message, session: HubSession) => void) | undefined;
  #server: Server | undefined;

  async listen(pair: KeyPair, ca: string, port = 0): Promise<number> {
    const server = createServer({ cert: pair.certPem, key: pair.keyPem, ca, requestCert: true, rejectUnauthorized: true });
    const sockets = new WebSocketServer({ noServer: true });
    sockets.on('headers', (headers) => {
      if (this.window !== undefined) headers.push(`${WINDOW_HEADER}: ${this.window}`);
    });
    server.on('upgrade', (request, socket, head) => {
      if (this.refusal !== undefined) {
        const { status, text } = this.refusal;
        socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`);
        return;
      }
      sockets.handleUpgrade(request, socket, head, (websocket) => {
        this.#open(request, websocket);
      });
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.#server = server;
    return (server.address() as AddressInfo).port;
  }

  /** The session with this index, now or later. */
  session(index: number): Promise<HubSession> {
    return eventually(() => this.sessions[index], `session ${index}`);
  }

  async close(): Promise<void> {
    for (const { socket } of this.sessions) socket.terminate();
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  #open(request: IncomingMessage, socket: WebSocket): void {
    const received: Message[] = [];
    const session: HubSession = {
      request,
      clientName: nameOf(request),
      socket,
      received,
      send: (message) => socket.send(typeof message === 'string' ? message : encodeMessage(message)),
      next: (fits) => eventually(() => received.find(fits), 'the expected message'),
    };
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      const message = decodeMessage(data.toString('utf8'));
      received.push(message);
      this.onMessage?.(message, session);
    });
    this.sessions.push(session);
  }
}

function nameOf({ socket }: IncomingMessage): string {
  return socket instanceof TLSSocket ? String(socket.getPeerCertificate().subject.CN) : '';
}
