import type { AddressInfo, Server } from 'node:net';
import { systemClock } from './clock.ts';
import { KedgeError, messageOf, systemCode } from './errors.ts';
import type { Logger } from './log.ts';
import { portHolder } from './port-holder.ts';

/** Where something is to listen. */
export interface Listener {
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
}

const ATTEMPTS = 10;
const ATTEMPT_MS = 50;

/**
 * Listens for TCP. What fails later, such as accepting a client when no file descriptor is left, is logged and ends nothing.
 * @param purpose what for, as in `the MQTT broker`
 * @returns the port
 * @throws KedgeError PORT_IN_USE naming the process where that can be known, PERMISSION, INVALID_INPUT
 */
export async function listen(server: Server, { address, port }: Listener, purpose: string, log: Logger): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await tryListen(server, address, port);
      server.on('error', (error) => log.warn({ err: error }, `${purpose} could not accept a connection`));
      return (server.address() as AddressInfo).port;
    } catch (error) {
      if (systemCode(error) !== 'EADDRINUSE') throw cannotListen(error, purpose, address, port);
      const holder = await portHolder(port);
      if (holder !== undefined || attempt >= ATTEMPTS) {
        const by = holder === undefined ? 'another process' : `${holder.command} (process ${holder.pid})`;
        throw new KedgeError('PORT_IN_USE', `port ${port} on ${address}, which ${purpose} needs, is in use by ${by}`, {
          hint: 'stop that process, or choose another port (kedge shows the flags with --help)',
          cause: error,
        });
      }
      // Nobody to be seen: it may be a process that is just ending.
      await new Promise<void>((resolve) => void systemClock.after(ATTEMPT_MS, resolve));
    }
  }
}

function cannotListen(error: unknown, purpose: string, address: string, port: number): KedgeError {
  const code = systemCode(error) === 'EACCES' ? 'PERMISSION' : 'INVALID_INPUT';
  return new KedgeError(code, `${purpose} cannot listen on ${address}:${port}: ${messageOf(error)}`, { cause: error });
}

function tryListen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
