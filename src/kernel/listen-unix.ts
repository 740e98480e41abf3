import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Server } from 'node:net';
import { KedgeError, messageOf, systemCode } from './errors.ts';

/** sun_path of Linux has 108 bytes, the last of which is NUL. */
export const MAX_SOCKET_PATH_BYTES = 107;

/** What the messages say of a socket. */
export interface UnixListener {
  /** How to choose a shorter path, a sentence. */
  readonly shorten: string;
  /** Who it is that listens there already. */
  readonly other: string;
}

/**
 * Listens on a unix socket that its owner alone may open. A socket file that nobody listens on is replaced.
 * @throws KedgeError INVALID_INPUT when the path is too long, CONFLICT when another process listens on it, PERMISSION
 */
export async function listenUnix(server: Server, path: string, { shorten, other }: UnixListener): Promise<void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new KedgeError('INVALID_INPUT', `the socket path is longer than ${MAX_SOCKET_PATH_BYTES} bytes: ${path}`, { hint: shorten });
  }
  if (await isInUse(path)) throw new KedgeError('CONFLICT', `${other} is running (${path})`);
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error): void =>
      reject(new KedgeError('PERMISSION', `cannot listen on ${path}: ${messageOf(error)}`, { cause: error }));
    server.once('error', refuse);
    // The socket file is made inside listen(): it is never open to others, not even for a moment.
    const umask = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', refuse);
        resolve();
      });
    } finally {
      process.umask(umask);
    }
  });
}

/** Whether somebody listens there; a file that is left of one who did is removed. */
async function isInUse(path: string): Promise<boolean> {
  const state = await new Promise<string>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve('alive');
    });
    probe.once('error', (error) => {
      resolve(systemCode(error) ?? '');
    });
  });
  if (state === 'ECONNREFUSED' && (await lstat(path)).isSocket()) await unlink(path);
  return state === 'alive';
}
