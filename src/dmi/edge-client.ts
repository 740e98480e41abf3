import type { EdgeCalls } from '../protocol/dmi.ts';
import { DmiClient } from './dmi-client.ts';

/** Calls an edge on its DMI socket. */
export class EdgeClient extends DmiClient<EdgeCalls> {
  constructor(path: string) {
    super({ path, service: 'DeviceManagerService', name: 'edge' });
  }
}
