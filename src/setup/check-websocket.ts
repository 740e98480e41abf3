import { once } from 'node:events';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { openTls } from '../link/tls-connection.ts';
import { hostPort } from '../protocol/host-port.ts';
import type { ProxySettings } from '../protocol/proxy.ts';
import type { EdgeIdentity } from './edge-identity.ts';

const TIMEOUT_MS = 5_000;

/**
 * Makes sure that the cloud of this edge is behind what was given as `--websocket`.
 * @throws KedgeError CERTIFICATE when it is somebody else, UNREACHABLE when nobody answers
 */
export async function checkWebsocket(
  address: { host: string; port: number },
  identity: EdgeIdentity | undefined,
  via: ProxySettings,
): Promise<void> {
  try {
    await handshake(address, identity, via);
  } catch (error) {
    const isTrust = /^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|ERR_TLS_CERT)/.test(systemCode(error) ?? '');
    const where = `--websocket ${hostPort(address.host, address.port)}`;
    throw new KedgeError(isTrust ? 'CERTIFICATE' : 'UNREACHABLE', `the cloud's websocket is not at ${where}: ${messageOf(error)}`, {
      hint: 'correct --websocket (port 10000 of the cloud, if it was not changed), or leave it out to take what the cloud says',
      cause: error,
    });
  }
}

async function handshake(address: { host: string; port: number }, identity: EdgeIdentity | undefined, via: ProxySettings): Promise<void> {
  const trust = identity && { ca: identity.caPem, cert: identity.certPem, key: identity.keyPem };
  const socket = await openTls(address, { ...trust, minVersion: 'TLSv1.2', timeout: TIMEOUT_MS }, via, { tcpTimeoutMs: TIMEOUT_MS });
  socket.once('timeout', () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
  try {
    await once(socket, 'secureConnect');
  } finally {
    socket.destroy();
  }
}
