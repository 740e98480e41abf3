import { constants } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../kernel/clock.ts';
import { ConnectionLimit, loginTimes } from '../kernel/connection-limit.ts';
import type { ConnectionLimits } from '../kernel/connection-limit.ts';
import { KedgeError } from '../kernel/errors.ts';
import { listen } from '../kernel/listen.ts';
import { readStoreId } from '../protocol/edge-store.ts';
import { readWindow, WINDOW_HEADER } from '../protocol/window.ts';
import type { Scope } from '../kernel/module.ts';
import { frameLimits } from './frame-limits.ts';
import { refuse } from './refuse.ts';
import type { Refusal } from './refuse.ts';

/** Who asks for a websocket. The certificate was verified against the CA by the TLS layer. */
export interface HubPeer {
  readonly nodeId: string;
  readonly projectId: string;
  readonly connectionUse: string;
  /** DER of the client's certificate. */
  readonly certificate: Uint8Array;
  readonly remoteAddress: string;
  /** This machine's address that the client has reached. */
  readonly localAddress: string;
  /** Of the edge's store; absent where it does not tell, as KubeEdge's edges. */
  readonly storeId: string | undefined;
  /** Messages that it takes without having acknowledged the first; 1 where it does not say so, as KubeEdge's edges. */
  readonly window: number;
}

/** The cloud's end of one edge's websocket. */
export interface HubSocket {
  /** Bytes that wait for the network. */
  readonly bufferedBytes: number;
  send(text: string): void;
  /** Stops and goes on reading, so that the sender feels it. */
  pause(): void;
  resume(): void;
  /** Says goodbye with this reason; the connection is gone a second later at the latest. */
  close(reason: string): void;
  /** Each message, in order; text and binary alike. Set it at once. */
  onText: (text: string) => void;
  /** Called once, with why the connection ended. */
  onClose: (reason: string) => void;
}

export interface HubServerOptions {
  readonly address: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** PEM. Clients need a certificate of `ca`. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  /** A larger message, fragments together, ends its connection. */
  readonly maxMessageBytes: number;
  /** For connections whose upgrade was not granted yet. */
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  /** The largest window that a peer is granted. */
  readonly window: number;
  /** Decides about an upgrade before it is granted. */
  readonly authorise: (peer: HubPeer) => Promise<Refusal | undefined>;
  readonly onConnection: (peer: HubPeer, socket: HubSocket) => void;
}

export interface HubServer {
  readonly port: number;
  /** Shows another certificate from the next handshake on; open connections stay. */
  useCertificate(tls: HubServerOptions['tls']): void;
}

const GOODBYE_MS = 1_000;

/**
 * Listens for edges: websocket over TLS 1.2 or later with a required client certificate, any path, no compression
 * (KubeEdge wire format, transport). A request from a web page of another origin is refused.
 * @throws KedgeError PORT_IN_USE, PERMISSION or INVALID_INPUT when the address cannot be listened on
 */
export async function serveHub(scope: Scope, options: HubServerOptions): Promise<HubServer> {
  const server = createServer({
    ...secureContext(options.tls),
    requestCert: true,
    rejectUnauthorized: true,
    // A list of protocols in place of this would be copied for each connection, and each copy keeps a pool of 8 KiB alive.
    ALPNCallback: ({ protocols }) => protocols.find((protocol) => protocol === 'http/1.1'),
    ...loginTimes(options.limits),
  });
  const strangers = new ConnectionLimit(options.limits, { clock: options.clock, log: scope.log });
  strangers.guard(server);
  const upgrader = new WebSocketServer({ noServer: true, perMessageDeflate: false, ...frameLimits(options.maxMessageBytes) });
  server.on('request', (_request, response) => {
    response.writeHead(426, { connection: 'close' }).end('this port speaks websocket only\n');
  });
  server.on('tlsClientError', (error, socket) => {
    scope.log.info({ remote: socket.remoteAddress, reason: error.message }, 'an edge failed the TLS handshake');
  });
  upgrader.on('headers', (headers, request) => {
    const window = Math.min(readWindow(request.headers), options.window);
    if (window > 1) headers.push(`${WINDOW_HEADER}: ${window}`);
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    void upgrade(upgrader, strangers, { request, socket, head }, options).catch((error: unknown) => {
      scope.log.error({ err: error }, 'an upgrade failed');
      refuse(socket, { status: 503, text: 'the cloud cannot check this node now, try again later' });
    });
  });
  scope.defer(() => closeAll(server, upgrader));
  return {
    port: await listen(server, options, "CloudHub's websocket", scope.log),
    useCertificate: (tls) => {
      server.setSecureContext(secureContext(tls));
    },
  };
}

function secureContext(tls: HubServerOptions['tls']): SecureContextOptions {
  // A resumed session would not show its certificate again.
  return { ...tls, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET };
}

async function upgrade(
  upgrader: WebSocketServer,
  strangers: ConnectionLimit,
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
  options: HubServerOptions,
): Promise<void> {
  const peer = peerOf(request, options.window);
  const refusal = foreignOrigin(request) ?? (await options.authorise(peer));
  if (socket.destroyed) return;
  if (refusal !== undefined) {
    refuse(socket, refusal);
    return;
  }
  strangers.admit(request.socket);
  upgrader.handleUpgrade(request, socket, head, (connection) => {
    options.onConnection(peer, wrap(connection));
  });
}

function peerOf(request: IncomingMessage, largestWindow: number): HubPeer {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) throw new KedgeError('BUG', 'CloudHub listens without TLS');
  return {
    nodeId: header(request, 'node_id'),
    projectId: header(request, 'project_id'),
    connectionUse: header(request, 'connectionuse'),
    certificate: socket.getPeerCertificate().raw,
    remoteAddress: address(socket.remoteAddress),
    localAddress: address(socket.localAddress),
    storeId: readStoreId(request.headers),
    window: Math.min(readWindow(request.headers), largestWindow),
  };
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

function address(text: string | undefined): string {
  return (text ?? '').replace(/^::ffff:/, '');
}

function foreignOrigin(request: IncomingMessage): Refusal | undefined {
  const { origin, host = '' } = request.headers;
  if (origin === undefined) return undefined;
  const same = URL.canParse(origin) && new URL(origin).host.toLowerCase() === host.toLowerCase();
  return same ? undefined : { status: 403, text: `requests from ${origin} are not accepted` };
}

function wrap(connection: WebSocket): HubSocket {
  let failure: string | undefined;
  const socket: HubSocket = {
    get bufferedBytes() {
      return connection.bufferedAmount;
    },
    send: (text) => {
      connection.send(text);
    },
    pause: () => {
      connection.pause();
    },
    resume: () => {
      connection.resume();
    },
    close: (reason) => {
      failure ??= reason;
      connection.close(1000, reason.slice(0, 100));
      setTimeout(() => {
        connection.terminate();
      }, GOODBYE_MS).unref();
    },
    onText: () => undefined,
    onClose: () => undefined,
  };
  connection.on('message', (data) => {
    socket.onText(textOf(data));
  });
  connection.on('error', (error) => {
    failure ??= error.message;
  });
  connection.once('close', (code) => {
    socket.onClose(failure ?? `closed by the edge (${code})`);
  });
  return socket;
}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data).toString('utf8');
}

async function closeAll(server: Server, upgrader: WebSocketServer): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  for (const client of upgrader.clients) client.close(1001, 'the cloud is stopping');
  server.closeIdleConnections();
  const cut = setTimeout(() => {
    for (const client of upgrader.clients) client.terminate();
    server.closeAllConnections();
  }, GOODBYE_MS);
  await closed;
  clearTimeout(cut);
}
