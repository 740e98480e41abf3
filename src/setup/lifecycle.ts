import { accessSync, constants } from 'node:fs';
import { runSteps } from '../cli/steps.ts';
import type { Ui } from '../cli/ui.ts';
import { notInstalled } from '../client/admin-client.ts';
import { DaemonProcess } from './daemon-process.ts';
import type { Role } from './daemon-process.ts';

export interface LifecycleResult {
  readonly role: Role;
  readonly home: string;
  /** The running process; absent after a stop. */
  readonly pid?: number;
  /** False when there was nothing to do. */
  readonly changed: boolean;
}

/** Starts the daemon of a home and waits until it is ready. @throws KedgeError NOT_INSTALLED, PERMISSION, and what the daemon failed with */
export async function startDaemon(role: Role, home: string, ui: Ui): Promise<LifecycleResult> {
  const daemon = installed(role, home);
  const running = daemon.pid !== undefined;
  const steps = [
    {
      title: `Start the ${role}`,
      run: async (progress: (detail: string) => void) => {
        if (!running) await daemon.start();
        await daemon.untilReady(progress);
        return `process ${daemon.pid ?? 0}${running ? ', running already' : ''}`;
      },
    },
  ];
  await runSteps(steps, ui);
  return { role, home: daemon.home, ...(daemon.pid !== undefined && { pid: daemon.pid }), changed: !running };
}

/** Stops the daemon of a home. @throws KedgeError NOT_INSTALLED, TIMEOUT, PERMISSION */
export async function stopDaemon(role: Role, home: string, ui: Ui): Promise<LifecycleResult> {
  const daemon = installed(role, home);
  let stopped: number | undefined;
  const steps = [
    {
      title: `Stop the ${role}`,
      run: async () => {
        stopped = await daemon.stop();
        return stopped === undefined ? 'it was not running' : `process ${stopped} has ended`;
      },
    },
  ];
  await runSteps(steps, ui);
  return { role, home: daemon.home, changed: stopped !== undefined };
}

function installed(role: Role, home: string): DaemonProcess {
  const daemon = new DaemonProcess(role, home);
  try {
    accessSync(daemon.paths.config, constants.R_OK);
  } catch {
    throw notInstalled(daemon.home, role);
  }
  return daemon;
}
