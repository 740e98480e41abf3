import type { TwinVersion } from '../protocol/twin.ts';
import type { Database } from './database.ts';

/** The type of a twin that was deleted: its row stays, without values, so that its versions never go back. */
export const DELETED = 'deleted';

export interface SideState {
  readonly value: string;
  /** When it was set here, ms since the epoch. */
  readonly timestamp: number;
}

/** One row of `device_twin`. */
export interface TwinState {
  readonly type: string;
  readonly optional: boolean;
  readonly expected?: SideState;
  readonly actual?: SideState;
  readonly expectedVersion?: TwinVersion;
  readonly actualVersion?: TwinVersion;
}

interface TwinRow {
  name: string;
  expected: string;
  actual: string;
  expected_meta: string;
  actual_meta: string;
  expected_version: string;
  actual_version: string;
  optional: number;
  attr_type: string;
}

/** Values, metadata and versions of both sides, whether optional, type, lines of the history; device and name. */
type TwinColumns = [string, string, string, string, string, string, number, string, string, string, string];

const SELECT = `SELECT name, expected, actual, expected_meta, actual_meta, expected_version, actual_version, optional, attr_type
  FROM device_twin`;

/** The table `device_twin` (KubeEdge reference, SQLite tables). Empty text stands for what is absent. */
export class DeviceTwins {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      list: db.prepare<[string], TwinRow>(`${SELECT} WHERE deviceid = ? ORDER BY name`),
      get: db.prepare<[string, string], TwinRow>(`${SELECT} WHERE deviceid = ? AND name = ?`),
      // Most writes change a row that is there. An upsert would write the page of the AUTOINCREMENT counter as well.
      change: db.prepare<TwinColumns>(
        `UPDATE device_twin SET expected = ?, actual = ?, expected_meta = ?, actual_meta = ?, expected_version = ?, actual_version = ?,
           optional = ?, attr_type = ?, recent = recent || ? WHERE deviceid = ? AND name = ?`,
      ),
      add: db.prepare<TwinColumns>(
        `INSERT INTO device_twin
           (expected, actual, expected_meta, actual_meta, expected_version, actual_version, optional, attr_type, recent, deviceid, name)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      remove: db.prepare<[string, string]>('DELETE FROM device_twin WHERE deviceid = ? AND name = ?'),
      removeAll: db.prepare<[string]>('DELETE FROM device_twin WHERE deviceid = ?'),
    };
  }

  /** All twins of a device by name, deleted ones included. */
  list(deviceId: string): Map<string, TwinState> {
    return new Map(this.#statements.list.all(deviceId).map((row) => [row.name, stateOf(row)]));
  }

  get(deviceId: string, name: string): TwinState | undefined {
    const row = this.#statements.get.get(deviceId, name);
    return row === undefined ? undefined : stateOf(row);
  }

  /** `lines`: more for the history of what was reported, see TwinHistory. */
  put(deviceId: string, name: string, twin: TwinState, lines = ''): void {
    const { expected, actual, expectedVersion, actualVersion, optional, type } = twin;
    const columns: TwinColumns = [
      expected?.value ?? '',
      actual?.value ?? '',
      metaOf(expected),
      metaOf(actual),
      expectedVersion === undefined ? '' : JSON.stringify(expectedVersion),
      actualVersion === undefined ? '' : JSON.stringify(actualVersion),
      optional ? 1 : 0,
      type,
      lines,
      deviceId,
      name,
    ];
    if (this.#statements.change.run(...columns).changes === 0) this.#statements.add.run(...columns);
  }

  remove(deviceId: string, name: string): void {
    this.#statements.remove.run(deviceId, name);
  }

  removeAll(deviceId: string): void {
    this.#statements.removeAll.run(deviceId);
  }
}

function metaOf(side: SideState | undefined): string {
  return side === undefined ? '' : JSON.stringify({ timestamp: side.timestamp });
}

function stateOf(row: TwinRow): TwinState {
  return {
    type: row.attr_type,
    optional: row.optional !== 0,
    ...sideOf('expected', row.expected, row.expected_meta),
    ...sideOf('actual', row.actual, row.actual_meta),
    ...versionOf('expectedVersion', row.expected_version),
    ...versionOf('actualVersion', row.actual_version),
  };
}

function sideOf(side: 'expected' | 'actual', value: string, meta: string): Partial<TwinState> {
  if (meta === '') return {};
  return { [side]: { value, timestamp: (JSON.parse(meta) as { timestamp: number }).timestamp } };
}

function versionOf(key: 'expectedVersion' | 'actualVersion', text: string): Partial<TwinState> {
  return text === '' ? {} : { [key]: JSON.parse(text) as TwinVersion };
}
