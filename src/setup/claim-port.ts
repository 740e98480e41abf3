import { createServer } from 'node:net';
import { listen } from '../kernel/listen.ts';
import type { Listener } from '../kernel/listen.ts';
import { silentLogger } from '../kernel/log.ts';

/**
 * Makes sure that a port can be listened on, and chooses one for 0.
 * @returns the port
 * @throws KedgeError PORT_IN_USE, PERMISSION, INVALID_INPUT
 */
export async function claimPort(listener: Listener, purpose: string): Promise<number> {
  const server = createServer();
  const port = await listen(server, listener, purpose, silentLogger);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
