import type { Database } from './database.ts';

/** One row of `device`, with our record of where it came from. */
export interface DeviceRow {
  /** `namespace/name`. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly state: string;
  /** RFC 3339, UTC; empty if it was never online. */
  readonly lastOnline: string;
  /** The ID that the cloud uses: without the namespace up to KubeEdge 1.15. */
  readonly cloudId: string;
  /** The uid of the Device object; empty while only a membership message has told of the device. */
  readonly uid: string;
}

/** What the cloud last asked of a property, and why it was refused if it was. */
export interface PropertyRow {
  readonly name: string;
  readonly desired: string | null;
  readonly type: string;
  readonly refusal: string | null;
}

const SELECT = `SELECT d.id, d.name, d.description, d.state, d.last_online AS lastOnline,
  coalesce(o.cloud_id, d.id) AS cloudId, coalesce(o.uid, '') AS uid
  FROM device d LEFT JOIN device_origin o ON o.deviceid = d.id`;

/** The tables `device`, `device_origin` and `device_property`. */
export class Devices {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      get: db.prepare<[string], DeviceRow>(`${SELECT} WHERE d.id = ?`),
      list: db.prepare<[], DeviceRow>(`${SELECT} ORDER BY d.id`),
      put: db.prepare<[string, string, string]>(
        'INSERT INTO device (id, name, description) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET description = excluded.description',
      ),
      putOrigin: db.prepare<[string, string, string]>(
        `INSERT INTO device_origin (deviceid, cloud_id, uid) VALUES (?, ?, ?)
         ON CONFLICT (deviceid) DO UPDATE SET cloud_id = excluded.cloud_id, uid = excluded.uid`,
      ),
      setCloudId: db.prepare<[string, string]>('UPDATE device_origin SET cloud_id = ? WHERE deviceid = ?'),
      setState: db.prepare<[string, string, string]>('UPDATE device SET state = ?, last_online = ? WHERE id = ?'),
      properties: db.prepare<[string], PropertyRow>('SELECT name, desired, type, refusal FROM device_property WHERE deviceid = ?'),
      putProperty: db.prepare<[string, string, string | null, string, string | null, number]>(
        `INSERT INTO device_property (deviceid, name, desired, type, refusal, settled) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (deviceid, name) DO UPDATE SET desired = excluded.desired, type = excluded.type, refusal = excluded.refusal`,
      ),
      settle: db.prepare<[string, string]>('UPDATE device_property SET settled = 1 WHERE deviceid = ? AND name = ? AND settled = 0'),
      removeProperty: db.prepare<[string, string]>('DELETE FROM device_property WHERE deviceid = ? AND name = ?'),
      removals: ['device WHERE id', 'device_origin WHERE deviceid', 'device_property WHERE deviceid'].map((from) =>
        db.prepare<[string]>(`DELETE FROM ${from} = ?`),
      ),
    };
  }

  get(id: string): DeviceRow | undefined {
    return this.#statements.get.get(id);
  }

  /** All devices by ID. */
  list(): DeviceRow[] {
    return this.#statements.list.all();
  }

  /** Inserts a device, or changes its description and origin; its state stays. */
  put(device: Pick<DeviceRow, 'id' | 'name' | 'description' | 'cloudId' | 'uid'>): void {
    this.#statements.put.run(device.id, device.name, device.description);
    this.#statements.putOrigin.run(device.id, device.cloudId, device.uid);
  }

  setCloudId(id: string, cloudId: string): void {
    this.#statements.setCloudId.run(cloudId, id);
  }

  setState(id: string, state: string, lastOnline: string): void {
    this.#statements.setState.run(state, lastOnline, id);
  }

  properties(id: string): Map<string, PropertyRow> {
    return new Map(this.#statements.properties.all(id).map((row) => [row.name, row]));
  }

  /** `settled`, of a new row: the cloud has a place for reports of this property. */
  putProperty(id: string, { name, desired, type, refusal }: PropertyRow, settled: boolean): void {
    this.#statements.putProperty.run(id, name, desired, type, refusal, settled ? 1 : 0);
  }

  /** The cloud has confirmed a report of this property. @returns true if it is the first one of a property that the cloud named */
  settle(id: string, name: string): boolean {
    return this.#statements.settle.run(id, name).changes > 0;
  }

  removeProperty(id: string, name: string): void {
    this.#statements.removeProperty.run(id, name);
  }

  /** Removes the device and what the cloud asked of it; twins and outbox are other tables' affair. */
  remove(id: string): void {
    for (const removal of this.#statements.removals) removal.run(id);
  }
}
