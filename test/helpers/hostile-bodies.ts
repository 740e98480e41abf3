import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const DEEP = 100_000;

/** What is JSON and still not what anybody expects, by its name. */
export const BODIES: readonly (readonly [name: string, body: string])[] = [
  ['null', 'null'],
  ['[]', '[]'],
  ['0', '0'],
  ['""', '""'],
  ['{}', '{}'],
  ['a deep list', '['.repeat(DEEP) + ']'.repeat(DEEP)],
  ['a deep object', '{"a":'.repeat(DEEP) + '1' + '}'.repeat(DEEP)],
];

const CHUNK = Buffer.alloc(64 * 1024, 0x78);
/** More than any limit here, and than what the kernel buffers. */
const ENOUGH_BYTES = 128 * 1024 * 1024;
const PATIENCE_MS = 10_000;

export interface Poured {
  /** Bytes that the other side, or the kernel, took. */
  readonly taken: number;
  /** What it said meanwhile. */
  readonly said: string;
}

/** Opens TLS to a port of this machine, not looking at its certificate. */
export async function openTls(port: number, tls: ConnectionOptions = {}): Promise<Socket> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...tls });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

/** Sends `head`, and then chunks without end, as fast as they are taken, until the other side hangs up. */
export async function pour(socket: Socket, head: string | Buffer, chunk: Buffer = CHUNK): Promise<Poured> {
  let taken = 0;
  const heard = hear(socket);
  socket.write(head);
  while (taken < ENOUGH_BYTES && !socket.destroyed && socket.writable) {
    taken += chunk.length;
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), heard.ended]);
  }
  await heard.ended;
  return { taken, said: heard.text() };
}

/** Sends `head` and nothing more; resolves when the other side has hung up. */
export async function waitFor(socket: Socket, head: string | Buffer): Promise<string> {
  const heard = hear(socket);
  socket.write(head);
  await heard.ended;
  return heard.text();
}

function hear(socket: Socket): { text: () => string; ended: Promise<void> } {
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the connection was not ended within ${PATIENCE_MS} ms; it said ${text}`)),
      PATIENCE_MS,
    );
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    };
    socket.once('end', end).once('close', end);
  });
  ended.catch(() => undefined);
  return { text: () => text, ended };
}

/** The chunk of an HTTP body of unannounced length that holds 64 KiB. */
export const HTTP_CHUNK = Buffer.concat([Buffer.from('10000\r\n'), CHUNK, Buffer.from('\r\n')]);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes that this process holds, in and outside of V8's heap, once it has thrown away what nobody needs. */
export function memory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
