import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { ClientOptions, RawData } from 'ws';
import type { Clock } from '../kernel/clock.ts';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { networkReason } from '../kernel/network-error.ts';
import type { ProxySettings } from '../protocol/proxy.ts';
import { findWindow } from '../protocol/window.ts';
import { frameLimits } from './frame-limits.ts';
import { tlsConnection } from './tls-connection.ts';

export interface DialOptions {
  /** `wss://host:port/path`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** PEM. The server's chain and its host name or IP are verified against `ca`. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  /** Absent: directly. */
  readonly via?: ProxySettings;
  /** A larger message ends the connection. */
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Every message, in order. */
  readonly onText: (text: string) => void;
}

/** An open websocket to CloudHub. It reads nothing before the first `resume`. */
export interface HubConnection {
  /** This machine's address on the route to the cloud. */
  readonly localAddress: string | undefined;
  /** The messages that the cloud sends without waiting for an acknowledgement; 1 if it is KubeEdge's. */
  readonly window: number;
  /** False if the cloud is KubeEdge's. */
  readonly isKedge: boolean;
  /** Bytes that wait for the network. */
  readonly bufferedBytes: number;
  send(text: string): void;
  /** Stops and goes on reading the socket, so that the sender feels it. */
  pause(): void;
  resume(): void;
  /** Says goodbye and resolves when the connection is gone. */
  close(): Promise<void>;
  /** Resolves with why the connection ended; never rejects. */
  readonly closed: Promise<string>;
}

/** A SYN into the void is given up early: the next dial's SYN finds a link that came back sooner than the kernel's retransmission. */
const TCP_TIMEOUT_MS = 4_000;
const UPGRADE_TIMEOUT_MS = 20_000;
/** From the first SYN to the answer to the upgrade, through a proxy or not. */
const DIAL_TIMEOUT_MS = 30_000;
const PING_MS = 12_000;
const GOODBYE_MS = 1_000;
const MAX_REFUSAL_BYTES = 4_096;
/** Whatever a cloud says, it is asked again after so long. */
const LONGEST_RETRY_AFTER_SECONDS = 300;

/** The cloud has answered the upgrade, and not granted it. */
export class HubRefusal extends KedgeError {
  /** Before that another try is of no use, ms; 0 if the cloud did not say. */
  readonly retryAfterMs: number;

  constructor(code: 'AUTH' | 'UNREACHABLE', message: string, options: { hint: string | undefined; retryAfterMs: number }) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * Opens the edge's end of the hub websocket: one text frame a message, no compression (KubeEdge wire format, transport).
 * A peer that is silent for two ping intervals is taken for gone, so a half-open connection ends within 24 s.
 * @throws KedgeError AUTH when the upgrade is refused with 401 or 403, CERTIFICATE when either side's certificate is, UNREACHABLE otherwise
 */
export function dialHub(options: DialOptions): Promise<HubConnection> {
  const { url, headers, tls, via = {}, maxMessageBytes, clock, signal } = options;
  const socket = new WebSocket(url, {
    headers: { ...headers },
    ...tls,
    minVersion: 'TLSv1.2',
    perMessageDeflate: false,
    ...frameLimits(maxMessageBytes),
    handshakeTimeout: UPGRADE_TIMEOUT_MS,
    createConnection: tlsConnection(via, { clock, signal, tcpTimeoutMs: TCP_TIMEOUT_MS }) as unknown as ClientOptions['createConnection'],
  });
  const connection = wrap(socket, options);
  return new Promise((resolve, reject) => {
    const cancel = clock.after(DIAL_TIMEOUT_MS, () => {
      fail(new KedgeError('UNREACHABLE', `${url} did not answer within ${DIAL_TIMEOUT_MS / 1000} s`));
    });
    const fail = (error: KedgeError): void => {
      cancel();
      signal.removeEventListener('abort', abort);
      reject(error);
      socket.terminate();
    };
    const abort = (): void => {
      fail(new KedgeError('UNREACHABLE', `dialling ${url} was given up`));
    };
    const failed = (error: Error): void => {
      fail(dialError(url, error));
    };
    socket.on('error', failed);
    socket.once('unexpected-response', (_request, response) => {
      void refusal(url, response).then(fail);
    });
    socket.once('open', () => {
      cancel();
      signal.removeEventListener('abort', abort);
      socket.off('error', failed);
      socket.pause();
      resolve(connection);
    });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}

function wrap(socket: WebSocket, { onText, clock }: DialOptions): HubConnection {
  let localAddress: string | undefined;
  let window: number | undefined;
  let failure: string | undefined;
  socket.on('upgrade', (response: IncomingMessage) => {
    window = findWindow(response.headers);
    localAddress = response.socket.localAddress?.replace(/^::ffff:/, '');
    response.socket.setKeepAlive(true, PING_MS);
  });
  socket.on('message', (data) => {
    onText(textOf(data));
  });
  socket.on('error', (error) => {
    failure = messageOf(error);
  });
  watchSilence(socket, clock, () => {
    failure = 'the cloud fell silent';
  });
  const closed = new Promise<string>((resolve) => {
    socket.once('close', (code, reason) => {
      resolve(failure ?? (reason.length > 0 ? reason.toString() : `closed by the cloud (${code})`));
    });
  });
  return {
    closed,
    get localAddress() {
      return localAddress;
    },
    get window() {
      return window ?? 1;
    },
    get isKedge() {
      return window !== undefined;
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    send: (text) => {
      socket.send(text);
    },
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
    close: async () => {
      socket.close(1000);
      const cancel = clock.after(GOODBYE_MS, () => {
        socket.terminate();
      });
      await closed;
      cancel();
    },
  };
}

function watchSilence(socket: WebSocket, clock: Clock, onSilent: () => void): void {
  let heard = true;
  const hear = (): void => {
    heard = true;
  };
  socket.on('pong', hear);
  socket.on('message', hear);
  socket.once('open', () => {
    const cancel = clock.every(PING_MS, () => {
      // While we do not read, silence is our own.
      if (!heard && !socket.isPaused) {
        onSilent();
        socket.terminate();
        return;
      }
      heard = socket.isPaused;
      socket.ping();
    });
    socket.once('close', cancel);
  });
}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data).toString('utf8');
}

async function refusal(url: string, response: IncomingMessage): Promise<HubRefusal> {
  const status = response.statusCode ?? 0;
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += String(chunk);
      if (text.length > MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // What has arrived of the reason will do.
  }
  const said = text.slice(0, MAX_REFUSAL_BYTES).trim();
  const code = status === 401 || status === 403 ? 'AUTH' : 'UNREACHABLE';
  const seconds = Number(response.headers['retry-after'] ?? 0);
  return new HubRefusal(code, `${url} refused the connection: ${status}${said === '' ? '' : ` ${said}`}`, {
    hint: code === 'AUTH' ? 'this edge may have to be joined again with a new token' : undefined,
    retryAfterMs: seconds > 0 ? Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS) * 1000 : 0,
  });
}

/** OpenSSL's and Node's codes for a certificate that does not fit. */
const CERTIFICATE_CODE = /CERT|ERR_TLS|ERR_SSL|ERR_OSSL|UNABLE_TO_/;

function dialError(url: string, error: Error): KedgeError {
  const certificate = CERTIFICATE_CODE.test(systemCode(error) ?? '');
  const hint = error instanceof KedgeError ? error.hint : undefined;
  return new KedgeError(certificate ? 'CERTIFICATE' : 'UNREACHABLE', `cannot connect to ${url}: ${networkReason(error)}`, {
    hint,
    cause: error,
  });
}
