import { existsSync } from 'node:fs';
import type { Ui } from '../cli/ui.ts';
import { launch } from '../daemons/launch.ts';
import { KedgeError } from '../kernel/errors.ts';
import { DaemonProcess } from './daemon-process.ts';
import { prepareEdge } from './join-edge.ts';
import type { JoinEdgeOptions } from './join-edge.ts';

/**
 * Joins a cloud and runs the edge in this process until the signal aborts: for containers, whose log is stderr. An edge that has joined
 * before starts without its cloud, too.
 * @returns the exit status
 */
export async function runEdge(options: JoinEdgeOptions, ui: Ui, signal: AbortSignal): Promise<number> {
  const daemon = new DaemonProcess('edge', options.home);
  if (daemon.pid !== undefined) {
    throw new KedgeError('CONFLICT', `the edge in ${options.home} is running already`, { hint: 'kedge stop edge' });
  }
  await prepareEdge(options, ui).catch((error: unknown) => {
    const away = error instanceof KedgeError && (error.code === 'UNREACHABLE' || error.code === 'TIMEOUT');
    if (!away || !existsSync(daemon.paths.config)) throw error;
    ui.line(`${error.message}; the edge starts as it has joined before`);
  });
  return launch({ role: 'edge', home: options.home, signal });
}
