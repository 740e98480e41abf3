import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { ProxySettings } from '../protocol/proxy.ts';
import { openTcp } from './open-tcp.ts';
import type { OpenOptions, Target } from './open-tcp.ts';

/**
 * Begins TLS with `target` over a connection of `openTcp`. Behind a proxy as without one the handshake is with the target, by its name.
 * `tls.timeout` bounds every silence, from the handshake on, by the socket's event `timeout`.
 * @returns before the handshake is done
 */
export async function openTls(
  target: Target,
  tls: ConnectionOptions,
  settings: ProxySettings,
  options: OpenOptions = {},
): Promise<TLSSocket> {
  const socket = await openTcp(target, settings, options);
  // Without `path` and `port`, which mean something else to a request than to a socket.
  const secure = connect({
    ...tls,
    path: undefined,
    port: undefined,
    host: target.host,
    servername: isIP(target.host) === 0 ? target.host : '',
    socket,
  } as ConnectionOptions);
  // Of itself TLS heeds it only for sockets that it has opened.
  return tls.timeout === undefined ? secure : secure.setTimeout(tls.timeout);
}

type OnCreated = (error: Error | null, socket: Duplex) => void;

/** `openTls` as the `createConnection` of an HTTPS request or a websocket. */
export function tlsConnection(settings: ProxySettings, options: OpenOptions) {
  return (request: object, onCreated: OnCreated): undefined => {
    const { host, port, ...tls } = request as Omit<ConnectionOptions, 'port'> & { host: string; port: string | number };
    openTls({ host, port: Number(port) }, tls, settings, options).then(
      (socket) => {
        onCreated(null, socket);
      },
      (error: unknown) => {
        (onCreated as (error: unknown) => void)(error);
      },
    );
  };
}
