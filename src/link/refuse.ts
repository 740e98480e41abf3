import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** An upgrade that is not granted: what the client is told. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 503;
  readonly text: string;
  /** When it may be worth another try; absent: at any time. */
  readonly retryAfterSeconds?: number;
}

/** Answers an upgrade and ends its connection. */
export function refuse(socket: Duplex, { status, text, retryAfterSeconds }: Refusal): void {
  const later = retryAfterSeconds === undefined ? '' : `Retry-After: ${retryAfterSeconds}\r\n`;
  const body = `${text}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n${later}\r\n${body}`,
    () => socket.destroy(),
  );
}
