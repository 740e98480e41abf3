import { adminRequest } from '../client/admin-client.ts';
import type { EdgeConfig } from '../config/edge-config.ts';
import { saveConfig } from '../config/load-config.ts';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { EventBusReloaded } from '../protocol/admin.ts';
import type { DaemonProcess } from './daemon-process.ts';

/**
 * Lets a running edge take over what its configuration says of MQTT.
 * @param before what is put back into the file when the edge cannot
 * @returns undefined while the edge is not running
 * @throws KedgeError why it cannot; then all is as before
 */
export async function reloadEventBus({ pid, paths }: DaemonProcess, before: EdgeConfig): Promise<EventBusReloaded | undefined> {
  if (pid === undefined) return undefined;
  try {
    return await adminRequest<EventBusReloaded>(paths.socket, 'POST', '/eventbus/reload');
  } catch (error) {
    await saveConfig(paths.config, before);
    throw error instanceof KedgeError ? error : new KedgeError('BUG', messageOf(error), { cause: error });
  }
}
