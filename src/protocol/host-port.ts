import { isIP } from 'node:net';
import { KedgeError } from '../kernel/errors.ts';

export const HOST_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\.?$/;

/** What is said where somebody asks for KubeEdge's other transport. */
export const NO_QUIC = 'QUIC is not supported: edges and clouds of kedge speak over websocket, as KubeEdge does by default';

export function isQuic(text: string): boolean {
  return /^quic:/i.test(text.trim());
}

/**
 * The one form of an IP address or host name.
 * @throws KedgeError INVALID_INPUT
 */
export function normalHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (isIP(host) === 6) return new URL(`http://[${host}]`).hostname.slice(1, -1);
  if (isIP(host) === 4 || (HOST_NAME.test(host) && host.length <= 253 && !/^[\d.]+$/.test(host))) return host;
  throw new KedgeError('INVALID_INPUT', `${JSON.stringify(text)} is neither an IP address nor a host name`);
}

/** `host:port`, with brackets around an IPv6 address. */
export function hostPort(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Takes `host:port` apart; the port may be left out.
 * @throws KedgeError INVALID_INPUT
 */
export function parseHostPort(text: string, defaultPort: number): { host: string; port: number } {
  if (isQuic(text)) throw new KedgeError('INVALID_INPUT', `${JSON.stringify(text)}: ${NO_QUIC}`, { hint: 'give the address as HOST:PORT' });
  const match = /^(?:https?:\/\/|wss?:\/\/)?(\[[^\]]+\]|[^:/]+)(?::(\d{1,5}))?\/?$/.exec(text.trim());
  const port = Number(match?.[2] ?? defaultPort);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw new KedgeError('INVALID_INPUT', `${JSON.stringify(text)} is not HOST:PORT`);
  }
  return { host: normalHost(match[1]), port };
}
