import { once } from 'node:events';
import http from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import { KedgeError, systemCode } from '../kernel/errors.ts';
import { networkReason } from '../kernel/network-error.ts';
import { hostPort } from '../protocol/host-port.ts';
import { proxyFor } from '../protocol/proxy.ts';
import type { Proxy, ProxySettings } from '../protocol/proxy.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  /** For how long, ms, the first SYN may stay without an answer. */
  readonly tcpTimeoutMs?: number;
}

const TCP_TIMEOUT_MS = 10_000;
/** A proxy resolves the name and connects before it answers. */
const TUNNEL_TIMEOUT_MS = 10_000;
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_REASON_LENGTH = 100;

/**
 * Opens a TCP connection to `target`: directly, or as a tunnel (RFC 9110, CONNECT) through the HTTP proxy that `settings` want for it.
 * @throws KedgeError UNREACHABLE naming the proxy and what is wrong with it; what the system says on a direct way; AbortError
 */
export async function openTcp(target: Target, settings: ProxySettings, options: OpenOptions = {}): Promise<Socket> {
  const proxy = proxyFor(target.host, target.port, settings);
  if (proxy === undefined) return dial(target, options);
  try {
    return await tunnel(target, proxy, await dial(proxy, options), options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error instanceof KedgeError ? error : proxyError(proxy, `cannot be used: ${reasonOf(error)}`, error);
  }
}

async function dial({ host, port }: Target, { tcpTimeoutMs = TCP_TIMEOUT_MS, ...options }: OpenOptions): Promise<Socket> {
  const socket = connect({ host, port });
  await first(socket, 'connect', { ...options, timeoutMs: tcpTimeoutMs, missing: 'TCP connection' });
  return socket;
}

async function tunnel(target: Target, proxy: Proxy, socket: Socket, options: OpenOptions): Promise<Socket> {
  const authority = hostPort(target.host, target.port);
  const credentials = `${proxy.username}:${proxy.password}`;
  const basic = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const request = http.request({
    method: 'CONNECT',
    path: authority,
    headers: { Host: authority, Connection: 'keep-alive', ...(credentials !== ':' && { 'Proxy-Authorization': basic }) },
    createConnection: () => socket,
    maxHeaderSize: MAX_HEAD_BYTES,
  });
  request.end();
  const answer = await first(request, 'connect', { ...options, timeoutMs: TUNNEL_TIMEOUT_MS, missing: 'answer' });
  const [response, , head] = answer as [IncomingMessage, Socket, Buffer];
  const { statusCode = 0 } = response;
  if (statusCode < 200 || statusCode > 299) {
    socket.destroy();
    throw refusal(proxy, authority, response);
  }
  if (head.length > 0) socket.unshift(head);
  return socket;
}

interface Limits extends OpenOptions {
  readonly timeoutMs: number;
  /** What is missing when the time is over. */
  readonly missing: string;
}

/** Waits for an event; an error, the time and the signal end what it would have come from. */
async function first(running: Socket | ClientRequest, event: string, limits: Limits): Promise<unknown[]> {
  const { signal, clock = systemClock, timeoutMs, missing } = limits;
  running.on('error', () => undefined);
  const cancel = clock.after(timeoutMs, () => {
    running.destroy(new Error(`no ${missing} within ${timeoutMs} ms`));
  });
  try {
    return (await once(running, event, signal === undefined ? {} : { signal })) as unknown[];
  } catch (error) {
    running.destroy();
    throw error;
  } finally {
    cancel();
  }
}

function refusal(proxy: Proxy, authority: string, { statusCode = 0, statusMessage = '' }: IncomingMessage): KedgeError {
  const said = `${statusCode} ${statusMessage.slice(0, MAX_REASON_LENGTH)}`.trim();
  if (statusCode !== 407) return proxyError(proxy, `does not connect to ${authority}: it answers ${said}`);
  const what = proxy.username === '' ? 'asks for a user and a password' : 'does not accept the user and password that it is given';
  return proxyError(proxy, `${what}: ${said}`);
}

function proxyError({ name }: Proxy, what: string, cause?: unknown): KedgeError {
  return new KedgeError('UNREACHABLE', `the proxy ${name} ${what}`, {
    hint: 'check the proxy; to change it: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT kedge join edge, or kedge join edge --proxy none',
    cause,
  });
}

function reasonOf(error: unknown): string {
  const code = systemCode(error) ?? '';
  if (code === 'HPE_HEADER_OVERFLOW') return `the head of its answer is larger than ${MAX_HEAD_BYTES} bytes`;
  if (code.startsWith('HPE_')) return 'it does not answer in HTTP';
  if (code === 'ECONNRESET') return 'it closed the connection without an answer';
  return networkReason(error);
}
