import { createServer } from 'node:net';
import { KedgeError } from '../kernel/errors.ts';
import { listen } from '../kernel/listen.ts';
import type { Listener } from '../kernel/listen.ts';
import { silentLogger } from '../kernel/log.ts';

/** What a port is for, and the flag that chooses another one. */
export interface PortUse {
  readonly purpose: string;
  readonly flag: string;
}

/**
 * Makes sure that a port can be listened on, and chooses one for 0.
 * @returns the port
 * @throws KedgeError PORT_IN_USE, PERMISSION, INVALID_INPUT
 */
export async function claimPort(listener: Listener, { purpose, flag }: PortUse): Promise<number> {
  const server = createServer();
  const port = await listen(server, listener, purpose, silentLogger).catch((error: unknown) => {
    if (!(error instanceof KedgeError) || error.code !== 'PORT_IN_USE') throw error;
    throw new KedgeError('PORT_IN_USE', error.message, { hint: `stop that process, or choose another port with ${flag}` });
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
