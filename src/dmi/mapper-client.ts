import type { MapperCalls } from '../protocol/dmi.ts';
import { DmiClient } from './dmi-client.ts';

/** Calls a mapper on its socket. */
export class MapperClient extends DmiClient<MapperCalls> {
  constructor(path: string) {
    super({ path, service: 'DeviceMapperService', name: 'mapper' });
  }
}
