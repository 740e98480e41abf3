import { createServer as createTcpServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import { listen } from '../kernel/listen.ts';
import type { Listener } from '../kernel/listen.ts';
import type { Scope } from '../kernel/module.ts';
import { PacketMeter } from './packet-meter.ts';

/** PEM texts. */
export interface ListenerTls {
  readonly cert: string;
  readonly key: string;
  /** Clients may show a certificate of this CA; its CN is their user name. */
  readonly clientCa?: string;
}

export interface BrokerListener extends Listener {
  readonly tls?: ListenerTls;
  /** Lets clients in without a user name where the address is not a loopback one. */
  readonly allowAnonymous?: boolean;
}

export interface ConnectionLimits {
  readonly maxPacketBytes: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** Where a connection comes from. */
export interface Peer {
  readonly address: string;
  readonly mayBeAnonymous: boolean;
  /** CN of a client certificate that was verified. */
  readonly certificateName?: string;
}

/** After which the kernel begins to ask whether a silent client still lives: MQTT's own keep-alive is the client's to switch off. */
const KEEP_ALIVE_MS = 60_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const SOCKET = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };

/** The TCP and TLS sockets of the broker, within their limits. */
export class Listeners {
  readonly #limits: ConnectionLimits;
  readonly #accept: (socket: Socket, peer: Peer) => void;
  readonly #sockets = new Set<Socket>();
  readonly #perAddress = new Map<string, number>();
  readonly #addresses: BrokerListener[] = [];
  /** Connections that were turned away. */
  refused = 0;

  constructor(limits: ConnectionLimits, accept: (socket: Socket, peer: Peer) => void) {
    this.#limits = limits;
    this.#accept = accept;
  }

  /** Where it listens, with the ports that were really taken. */
  get addresses(): readonly BrokerListener[] {
    return this.#addresses;
  }

  /** @throws KedgeError PORT_IN_USE, PERMISSION, INVALID_INPUT, or CERTIFICATE when certificate and key are of no use */
  async open(scope: Scope, listener: BrokerListener): Promise<void> {
    const { address, port } = listener;
    const server = this.#server(scope, listener);
    const taken = await listen(server, { address, port }, 'the MQTT broker', scope.log);
    scope.defer(async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of this.#sockets) socket.destroy();
      await closed;
    });
    this.#addresses.push({ ...listener, port: taken });
  }

  #server(scope: Scope, { address, tls, allowAnonymous = false }: BrokerListener): Server {
    const mayBeAnonymous = isLoopback(address) || allowAnonymous;
    const admit = (socket: Socket): boolean => this.#admit(scope, socket);
    const accept = (socket: Socket, certificateName?: string): void => {
      limitPackets(socket, this.#limits.maxPacketBytes);
      const peer = { address: socket.remoteAddress ?? '', mayBeAnonymous };
      this.#accept(socket, certificateName === undefined ? peer : { ...peer, certificateName });
    };
    if (tls === undefined) {
      return createTcpServer(SOCKET, (socket) => {
        if (admit(socket)) accept(socket);
      });
    }
    const server = createTls(tls);
    // Before the handshake, which costs more than it costs the one who asks for it.
    server.prependListener('connection', admit);
    server.on('tlsClientError', (error: Error) => scope.log.debug({ reason: error.message }, 'a TLS handshake of an MQTT client failed'));
    server.on('secureConnection', (socket: TLSSocket) => {
      const name = tls.clientCa === undefined ? undefined : certificateNameOf(socket);
      if (name === null) socket.destroy();
      else accept(socket, name);
    });
    return server;
  }

  /** Counts a connection, or ends it at once. */
  #admit(scope: Scope, socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const before = this.#perAddress.get(address) ?? 0;
    if (this.#sockets.size >= this.#limits.connections || before >= this.#limits.connectionsPerAddress) {
      socket.destroy();
      this.refused += 1;
      if (this.refused === 1) scope.log.warn({ address }, 'the MQTT broker turns connections away: there are too many');
      return false;
    }
    this.#sockets.add(socket);
    this.#perAddress.set(address, before + 1);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      const left = (this.#perAddress.get(address) ?? 0) - 1;
      if (left > 0) this.#perAddress.set(address, left);
      else this.#perAddress.delete(address);
    });
    return true;
  }
}

/** True where clients must name a user: they may neither be anonymous nor show a certificate. */
export function needsUser({ address, tls, allowAnonymous = false }: BrokerListener): boolean {
  return !isLoopback(address) && !allowAnonymous && tls?.clientCa === undefined;
}

export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);
}

function createTls({ cert, key, clientCa }: ListenerTls): Server {
  const verify = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  try {
    return createTlsServer({ ...SOCKET, cert, key, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_TIMEOUT_MS, ...verify });
  } catch (error) {
    throw new KedgeError('CERTIFICATE', `the certificate of an MQTT listener cannot be used: ${messageOf(error)}`, {
      hint: 'eventBus.listen in the configuration of the edge names its files',
      cause: error,
    });
  }
}

/** Undefined: the client has shown none; null: one that is not good. */
function certificateNameOf(socket: TLSSocket): string | null | undefined {
  const { subject } = socket.getPeerCertificate();
  // The types say that there is one; without a certificate the object is empty.
  if ((subject as unknown) === undefined) return undefined;
  const name: unknown = subject.CN;
  return socket.authorized && typeof name === 'string' && name !== '' ? name : null;
}

/** Ends a connection as soon as a packet announces more than it may have. */
function limitPackets(socket: Socket, maxBytes: number): void {
  const meter = new PacketMeter(maxBytes);
  const read = socket.read.bind(socket);
  socket.read = (size?: number): unknown => {
    const chunk = read(size) as Buffer | null;
    if (chunk === null || meter.accept(chunk)) return chunk;
    socket.destroy(new Error(`an MQTT packet is larger than ${maxBytes} bytes`));
    return null;
  };
}
