import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A real HTTP proxy that knows the method CONNECT alone, for which the made-up name `cloud.test` is this machine. */
export class ConnectProxy {
  /** `user:password` that it wants. */
  credentials: string | undefined;
  /** `HOST:PORT` of every tunnel that it was asked for. */
  readonly asked: string[] = [];
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  /** `http://127.0.0.1:PORT`, or with these credentials in it. */
  url(credentials?: string): string {
    return `http://${credentials === undefined ? '' : `${credentials}@`}127.0.0.1:${this.#port}`;
  }

  /** Listens, again on the port that it had. */
  async start(): Promise<void> {
    const server = createServer((_, response) => response.writeHead(405).end());
    server.on('connection', (socket: Socket) => this.#keep(socket));
    server.on('connect', (request, socket: Socket) => {
      const { url = '', headers } = request;
      this.asked.push(url);
      const wanted = this.credentials && `Basic ${Buffer.from(this.credentials).toString('base64')}`;
      if (wanted !== undefined && headers['proxy-authorization'] !== wanted) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="test"\r\n\r\n');
        return;
      }
      const [host, port] = url.split(':');
      const onward = this.#keep(connect(Number(port), host === 'cloud.test' ? '127.0.0.1' : host));
      onward.once('connect', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      onward.once('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
      onward.once('close', () => socket.destroy());
      socket.once('close', () => onward.destroy());
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** As if its process was killed. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => (this.#server === undefined ? resolve(undefined) : this.#server.close(resolve)));
    this.#server = undefined;
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
