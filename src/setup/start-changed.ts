import type { DaemonProcess } from './daemon-process.ts';

/**
 * Starts the daemon, or restarts it when something about it has changed; with `wantService` under systemd where that is the machine's init.
 * @returns what was done, for people; whether anything was
 */
export async function startChanged(
  daemon: DaemonProcess,
  changed: boolean,
  wantService: boolean,
): Promise<{ detail: string; changed: boolean }> {
  const arranged = await daemon.arrangeService(wantService);
  if (daemon.pid !== undefined && !changed && !arranged) return { detail: `running already (process ${daemon.pid})`, changed: false };
  const restarted = (await daemon.stop()) !== undefined;
  await daemon.start();
  const { service: unit } = daemon;
  if (unit !== undefined) return { detail: `as ${unit.name}; ${unit.promise}`, changed: true };
  const detail = restarted ? 'restarted, since its configuration or certificates changed' : 'nobody restarts it after a crash or reboot';
  return { detail, changed: true };
}
