import type { Server, Socket } from 'node:net';
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';
import { Tally } from './tally.ts';

/** What a server grants to those who have not shown yet who they are. */
export interface ConnectionLimits {
  /** Connections at the same time, of all addresses and of one. */
  readonly connectionsBeforeLogin: number;
  readonly connectionsBeforeLoginPerAddress: number;
  /** For the TLS handshake, and then for the head of a request. */
  readonly loginTimeoutSeconds: number;
}

/** Bounds the connections of strangers to a server: whoever comes beyond is cut off before the TLS handshake. */
export class ConnectionLimit {
  readonly #limits: ConnectionLimits;
  readonly #refusals: Tally<'refused'>;
  readonly #log: Logger;
  /** The address of each connection that has not logged in, by its remote end. */
  readonly #strangers = new Map<string, string>();
  readonly #perAddress = new Map<string, number>();

  constructor(limits: ConnectionLimits, { clock, log }: { clock: Clock; log: Logger }) {
    this.#limits = limits;
    this.#refusals = new Tally(clock);
    this.#log = log;
  }

  /** Watches over every connection that the server accepts from now on. */
  guard(server: Server): void {
    server.on('connection', (socket: Socket) => {
      const { remoteAddress: address } = socket;
      if (address === undefined || !this.#admits(address)) {
        socket.destroy();
        return;
      }
      const end = endOf(socket);
      this.#strangers.set(end, address);
      this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
      socket.once('close', () => this.#remove(end));
    });
  }

  /** The other end of this connection, or of the TLS on it, has shown who it is. */
  admit(socket: Socket): void {
    this.#remove(endOf(socket));
  }

  #admits(address: string): boolean {
    const { connectionsBeforeLogin: all, connectionsBeforeLoginPerAddress: each } = this.#limits;
    const ofAddress = this.#perAddress.get(address) ?? 0;
    if (this.#strangers.size < all && ofAddress < each) return true;
    const others = this.#refusals.count('refused');
    if (others !== undefined) {
      const fields = { remote: address, open: this.#strangers.size, openOfThisAddress: ofAddress, ...(others > 0 && { others }) };
      this.#log.warn(fields, 'connections are refused: too many have not logged in (limits.connectionsBeforeLogin)');
    }
    return false;
  }

  #remove(end: string): void {
    const address = this.#strangers.get(end);
    if (address === undefined) return;
    this.#strangers.delete(end);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
  }
}

/** Times of an HTTPS server, by which who says nothing, or too slowly, is gone. */
export function loginTimes({ loginTimeoutSeconds }: ConnectionLimits): {
  handshakeTimeout: number;
  headersTimeout: number;
  connectionsCheckingInterval: number;
} {
  const ms = loginTimeoutSeconds * 1000;
  return { handshakeTimeout: ms, headersTimeout: ms, connectionsCheckingInterval: Math.min(5_000, ms / 2) };
}

function endOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
