import type { TwinHistoryLimits, TwinValueSource } from '../../../protocol/twin-history.ts';
import type { Database } from '../../../store/database.ts';
import { DeviceTwins } from '../../../store/device-twins.ts';
import type { TwinState } from '../../../store/device-twins.ts';
import { Devices } from '../../../store/devices.ts';
import type { DeviceRow } from '../../../store/devices.ts';
import { Outbox } from '../../../store/outbox.ts';
import type { OutboxKind } from '../../../store/outbox.ts';
import { TwinHistory } from '../../../store/twin-history.ts';

/** What becomes of a device's twins. */
export interface TwinWrites {
  /** The twins as they are before. */
  readonly twins: ReadonlyMap<string, TwinState>;
  readonly writes: ReadonlyMap<string, TwinState>;
  /** Those that the cloud must learn. */
  readonly reports: Iterable<string>;
  readonly source: TwinValueSource;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The tables of DeviceTwin. Its methods run inside a transaction that their caller opened. */
export class DeviceStore {
  readonly devices: Devices;
  readonly twins: DeviceTwins;
  readonly outbox: Outbox;
  readonly history: TwinHistory;

  constructor(db: Database, limits: TwinHistoryLimits) {
    this.devices = new Devices(db);
    this.twins = new DeviceTwins(db);
    this.outbox = new Outbox(db);
    this.history = new TwinHistory(db, limits);
  }

  /** Writes twins, adds to the history what was set, and marks those that the cloud must learn. */
  saveTwins(deviceId: string, { twins, writes, reports, source, now }: TwinWrites): void {
    for (const [name, twin] of writes) {
      const last = twins.get(name);
      // A side that is set to what it was is another object all the same.
      const line = twin.actual === last?.actual ? '' : this.history.line({ value: twin.actual?.value, source, time: now });
      this.twins.put(deviceId, name, twin, line);
      if (line !== '') this.history.reported(deviceId, name);
      if (twin.expected !== last?.expected) this.history.desired(deviceId, name, { value: twin.expected?.value, source, time: now });
    }
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
    this.history.removeTwin(deviceId, name);
    this.twins.remove(deviceId, name);
    this.outbox.removeTwin(deviceId, name);
  }

  /** Removes a device with all that is known of it. */
  removeDevice({ id }: DeviceRow): void {
    this.history.removeDevice(id);
    this.twins.removeAll(id);
    this.outbox.remove(id);
    this.devices.remove(id);
  }
}
