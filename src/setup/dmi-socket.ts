import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { dmiSockets } from '../config/dmi-sockets.ts';
import type { EdgeConfig } from '../config/edge-config.ts';
import type { EdgePaths } from '../config/home.ts';
import { KedgeError } from '../kernel/errors.ts';
import { MAX_SOCKET_PATH_BYTES } from '../kernel/listen-unix.ts';

/** `deviceTwin` of the configuration with the socket that was asked for. @throws KedgeError INVALID_INPUT when no socket can be there */
export function withDmiSocket(present: EdgeConfig['deviceTwin'] | undefined, asked: string | undefined): Partial<EdgeConfig['deviceTwin']> {
  if (asked === undefined) return present ?? {};
  const dmiSocket = resolve(asked);
  if (Buffer.byteLength(dmiSocket) > MAX_SOCKET_PATH_BYTES) {
    throw new KedgeError(
      'INVALID_INPUT',
      `--dmi-socket is longer than ${MAX_SOCKET_PATH_BYTES} bytes, and cannot be a socket: ${dmiSocket}`,
      {
        hint: 'choose a shorter path',
      },
    );
  }
  return { ...present, dmiSocket };
}

/** Makes the folders of the sockets: the daemon itself may not be allowed to. */
export async function makeDmiFolders(config: EdgeConfig, paths: EdgePaths): Promise<void> {
  for (const socket of dmiSockets(config, paths)) await mkdir(dirname(socket), { recursive: true, mode: 0o755 }).catch(() => undefined);
}
