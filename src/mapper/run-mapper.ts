import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { adminRequest } from '../client/admin-client.ts';
import { KUBEEDGE_DIR } from '../config/dmi-sockets.ts';
import { defaultHome, homePaths } from '../config/home.ts';
import { systemClock } from '../kernel/clock.ts';
import { runDaemon } from '../kernel/daemon.ts';
import { KedgeError } from '../kernel/errors.ts';
import { createLogger } from '../kernel/log.ts';
import type { Logger } from '../kernel/log.ts';
import { stopSignal } from '../kernel/stop-signal.ts';
import type { StatusReport } from '../protocol/admin.ts';
import type { MapperLog, MapperOptions } from './driver.ts';
import { Mapper, socketBeside } from './mapper.ts';

const NAME = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;
const DEFAULT_TIMEOUT_MS = 10_000;
/** Where KubeEdge's edges serve DMI. */
const KUBEEDGE_SOCKET = join(KUBEEDGE_DIR, 'dmi.sock');

/**
 * Runs a mapper in this process until its signal aborts or, without one, SIGTERM or SIGINT comes. The edge may come later, and may go and come back.
 * @throws KedgeError INVALID_INPUT for a wrong name or too long a socket path, CONFLICT when a mapper of this name runs already, PERMISSION
 */
export async function runMapper(options: MapperOptions): Promise<void> {
  const { name, protocol, socket, home = defaultHome(), timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (!NAME.test(name))
    throw new KedgeError('INVALID_INPUT', `${JSON.stringify(name)} is no name of a mapper: lower-case letters, digits, - and .`);
  if (protocol === '') throw new KedgeError('INVALID_INPUT', 'the mapper names no protocol');
  const { edge } = homePaths(home);
  // Who names a home, also as KEDGE_HOME, means the edge there and no other.
  const mayBeKubeEdge = home === defaultHome({});
  const beside = socket ?? (existsSync(edge.dir) || !mayBeKubeEdge ? edge.dmiSocket : KUBEEDGE_SOCKET);
  const mapper = new Mapper({
    ...options,
    timeoutMs,
    ownSocket: resolve(options.ownSocket ?? socketBeside(beside, name)),
    edgeSocket: () => (socket === undefined ? findSocket(edge.socket, mayBeKubeEdge) : Promise.resolve(resolve(socket))),
    clock: systemClock,
  });
  const log = options.log === undefined ? createLogger(process.stderr) : loggerOf(options.log);
  await runDaemon([mapper], { log, signal: options.signal ?? stopSignal(['SIGTERM', 'SIGINT'], () => 0) });
}

/** Where the edge of the home serves DMI, else, if it may be, where one of KubeEdge does. */
async function findSocket(adminSocket: string, mayBeKubeEdge: boolean): Promise<string> {
  try {
    const { modules } = await adminRequest<StatusReport>(adminSocket, 'GET', '/status');
    const socket = modules.find(({ name }) => name === 'dmi')?.facts?.['socket'];
    if (typeof socket === 'string') return socket;
    throw new KedgeError('UNREACHABLE', 'the edge serves no mappers yet', { hint: 'kedge status edge' });
  } catch (error) {
    if (error instanceof KedgeError && error.code === 'NOT_INSTALLED' && mayBeKubeEdge && existsSync(KUBEEDGE_SOCKET))
      return KUBEEDGE_SOCKET;
    throw error;
  }
}

function loggerOf(log: MapperLog): Logger {
  const logger: Logger = {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    child: () => logger,
  };
  return logger;
}
