import { connect } from 'node:tls';
import { isIP } from 'node:net';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { hostPort } from '../protocol/host-port.ts';
import type { EdgeIdentity } from './edge-identity.ts';

const TIMEOUT_MS = 5_000;

/**
 * Makes sure that the cloud of this edge is behind what was given as `--websocket`.
 * @throws KedgeError CERTIFICATE when it is somebody else, UNREACHABLE when nobody answers
 */
export async function checkWebsocket(address: { host: string; port: number }, identity: EdgeIdentity | undefined): Promise<void> {
  try {
    await handshake(address, identity);
  } catch (error) {
    const isTrust = /^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|ERR_TLS_CERT)/.test(systemCode(error) ?? '');
    const where = `--websocket ${hostPort(address.host, address.port)}`;
    throw new KedgeError(isTrust ? 'CERTIFICATE' : 'UNREACHABLE', `the cloud's websocket is not at ${where}: ${messageOf(error)}`, {
      hint: 'correct --websocket (port 10000 of the cloud, if it was not changed), or leave it out to take what the cloud says',
      cause: error,
    });
  }
}

function handshake({ host, port }: { host: string; port: number }, identity: EdgeIdentity | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const trust = identity && { ca: identity.caPem, cert: identity.certPem, key: identity.keyPem };
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port, ...trust, ...name, minVersion: 'TLSv1.2', timeout: TIMEOUT_MS });
    const settle = (error?: Error): void => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.once('secureConnect', () => settle());
    socket.once('timeout', () => settle(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    socket.once('error', settle);
  });
}
