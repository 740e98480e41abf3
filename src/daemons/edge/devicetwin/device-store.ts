import type { Database } from '../../../store/database.ts';
import { DeviceTwins } from '../../../store/device-twins.ts';
import type { TwinState } from '../../../store/device-twins.ts';
import { Devices } from '../../../store/devices.ts';
import type { DeviceRow } from '../../../store/devices.ts';
import { Outbox } from '../../../store/outbox.ts';
import type { OutboxKind } from '../../../store/outbox.ts';

/** The tables of DeviceTwin. Its methods run inside a transaction that their caller opened. */
export class DeviceStore {
  readonly devices: Devices;
  readonly twins: DeviceTwins;
  readonly outbox: Outbox;

  constructor(db: Database) {
    this.devices = new Devices(db);
    this.twins = new DeviceTwins(db);
    this.outbox = new Outbox(db);
  }

  /** Writes twins and marks those that the cloud must learn. */
  saveTwins(deviceId: string, writes: ReadonlyMap<string, TwinState>, reports: Iterable<string>): void {
    for (const [name, twin] of writes) this.twins.put(deviceId, name, twin);
    for (const name of reports) this.outbox.mark(deviceId, 'twin', name);
  }

  /**
   * The cloud has confirmed the marks of one kind up to and including `seq`. Of the twins `repeats` it may have lost the first report
   * though it confirmed it (KubeEdge 1.16 to 1.23): those that it confirms for the first time are marked again.
   */
  confirm(deviceId: string, kind: OutboxKind, { seq, repeats }: { seq: number; repeats: readonly string[] }): void {
    this.outbox.confirm(deviceId, kind, seq);
    for (const name of repeats) if (this.devices.settle(deviceId, name)) this.outbox.mark(deviceId, kind, name);
  }

  removeTwin(deviceId: string, name: string): void {
    this.twins.remove(deviceId, name);
    this.outbox.removeTwin(deviceId, name);
  }

  /** Removes a device with all that is known of it. */
  removeDevice({ id }: DeviceRow): void {
    this.twins.removeAll(id);
    this.outbox.remove(id);
    this.devices.remove(id);
  }
}
