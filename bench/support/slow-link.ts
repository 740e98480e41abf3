import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** What may be under way in one direction; beyond it the sender is not read, as by a full link. */
const MAX_UNDER_WAY_BYTES = 8 * 1024 * 1024;

/** A TCP proxy on a port of its own, behind which a port of this machine is far away: every byte takes a while, both ways, in order. */
export class SlowLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #target: number;
  readonly #oneWayMs: number;
  #isUp = true;
  #onUsed: () => void = () => undefined;

  private constructor(target: number, roundTripMs: number) {
    this.#target = target;
    this.#oneWayMs = roundTripMs / 2;
    this.#server = createServer({ allowHalfOpen: true }, (near) => this.#accept(near));
  }

  static async open(target: number, roundTripMs: number): Promise<SlowLink> {
    const link = new SlowLink(target, roundTripMs);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections; new ones end at once. */
  cut(): void {
    this.#isUp = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves when the first connection after it has come. */
  restore(): Promise<void> {
    this.#isUp = true;
    return new Promise((resolve) => (this.#onUsed = resolve));
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #accept(near: Socket): void {
    if (!this.#isUp) {
      near.destroy();
      return;
    }
    this.#onUsed();
    const far = connect({ port: this.#target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    near.setNoDelay(true);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.once('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => undefined);
      this.#carry(from, to);
    }
  }

  /** Timers of one duration fire in the order in which they were set. */
  #carry(from: Socket, to: Socket): void {
    let underWay = 0;
    from.on('data', (chunk: Buffer) => {
      underWay += chunk.length;
      if (underWay > MAX_UNDER_WAY_BYTES) from.pause();
      setTimeout(() => {
        underWay -= chunk.length;
        to.write(chunk);
        from.resume();
      }, this.#oneWayMs);
    });
    from.once('end', () => setTimeout(() => to.end(), this.#oneWayMs));
  }
}
