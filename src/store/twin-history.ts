import type { TwinHistoryEntry, TwinHistoryLimits, TwinValueSource } from '../protocol/twin-history.ts';
import type { Database } from './database.ts';
import { fairShare } from './fair-share.ts';

/**
 * The values that twins had, one line for each (`encode`). What was reported last is in the twin's own row, whose page is written anyway; when
 * there are enough lines they move to `twin_history` together. There `twin` is the id in `device_twin`, `side` 0 for reported and 1 for
 * desired, `n` counts up within a side of a twin.
 */
export const TWIN_HISTORY_TABLE = `
ALTER TABLE device_twin ADD COLUMN recent TEXT NOT NULL DEFAULT '';
CREATE TABLE twin_history (
  twin INTEGER NOT NULL,
  side INTEGER NOT NULL,
  n INTEGER NOT NULL,
  count INTEGER NOT NULL,
  lines TEXT NOT NULL,
  PRIMARY KEY (twin, side, n)
) WITHOUT ROWID;
`;

const SIDES = ['reported', 'desired'] as const;
const REPORTED = 0;
const DESIRED = 1;
const SOURCES: Readonly<Record<string, TwinValueSource>> = { q: 'mqtt', m: 'mapper', c: 'cloud' };
const LETTERS: Readonly<Record<TwinValueSource, string>> = { mqtt: 'q', mapper: 'm', cloud: 'c' };
/** Lines in a twin's own row before they move. */
const RECENT = 16;
/** About what a row takes beside its lines. */
const ROW_BYTES = 16;
/** The part of all bytes that goes at once when they are too many. */
const STEP = 1 / 64;
/** Rows that are read at once. */
const PAGE = 32;

interface Ring {
  readonly twin: number;
  readonly side: number;
  count: number;
  bytes: number;
}

export interface TwinValue {
  /** Undefined: there is none from now on. */
  readonly value: string | undefined;
  readonly source: TwinValueSource;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/**
 * A ring for each side of each twin, written in the transaction of the twin itself. A ring holds `perTwin` values, and a few more before the
 * oldest go together. When all rings together hold too many bytes, the largest lose their oldest values, so that a device that
 * talks much takes nothing from one that talks little. All methods but `read` run inside a transaction that their caller opened.
 */
export class TwinHistory {
  readonly #limits: TwinHistoryLimits;
  readonly #statements;
  /** Lines in the rows of twins, by device and name, or more: after a transaction that was rolled back. Unknown after a start. */
  readonly #recent = new Map<string, Map<string, number>>();
  /** What is in the table, or more: after a transaction that was rolled back, and after a removal. Filled when it is first needed. */
  #rings: Map<number, Ring> | undefined;
  #bytes = 0;
  #isStale = false;

  constructor(db: Database, limits: TwinHistoryLimits) {
    this.#limits = limits;
    if (limits.perTwin === 0) db.exec("DELETE FROM twin_history; UPDATE device_twin SET recent = '' WHERE recent <> ''");
    this.#statements = {
      twin: db.prepare<[string, string], { id: number; recent: string }>(
        'SELECT id, recent FROM device_twin WHERE deviceid = ? AND name = ?',
      ),
      recent: db.prepare<[number], { recent: string }>('SELECT recent FROM device_twin WHERE id = ?'),
      clear: db.prepare<[number]>("UPDATE device_twin SET recent = '' WHERE id = ?"),
      add: db.prepare<{ twin: number; side: number; count: number; lines: string }>(
        `INSERT INTO twin_history (twin, side, n, count, lines) VALUES (:twin, :side,
           1 + coalesce((SELECT max(n) FROM twin_history WHERE twin = :twin AND side = :side), 0), :count, :lines)`,
      ),
      rings: db.prepare<[], Ring>(
        `SELECT twin, side, sum(count) AS count, sum(${ROW_BYTES} + length(lines)) AS bytes FROM twin_history GROUP BY twin, side`,
      ),
      rows: db.prepare<[number, number], { n: number; count: number; bytes: number }>(
        `SELECT n, count, ${ROW_BYTES} + length(lines) AS bytes FROM twin_history WHERE twin = ? AND side = ? ORDER BY n DESC`,
      ),
      cut: db.prepare<[number, number, number]>('DELETE FROM twin_history WHERE twin = ? AND side = ? AND n <= ?'),
      count: db.prepare<[number, number], { count: number }>(
        'SELECT coalesce(sum(count), 0) AS count FROM twin_history WHERE twin = ? AND side = ?',
      ),
      page: db.prepare<[number, number, number], { n: number; lines: string }>(
        `SELECT n, lines FROM twin_history WHERE twin = ? AND side = ? AND n > ? ORDER BY n LIMIT ${PAGE}`,
      ),
      twins: db.prepare<[string], { id: number; name: string }>('SELECT id, name FROM device_twin WHERE deviceid = ? ORDER BY name'),
      removeTwin: db.prepare<[string, string]>(
        'DELETE FROM twin_history WHERE twin = (SELECT id FROM device_twin WHERE deviceid = ? AND name = ?)',
      ),
      removeDevice: db.prepare<[string]>('DELETE FROM twin_history WHERE twin IN (SELECT id FROM device_twin WHERE deviceid = ?)'),
    };
  }

  /** What the twin's own row is to have more for a reported value; `reported` follows. */
  line(value: TwinValue): string {
    return this.#limits.perTwin === 0 ? '' : encode(value);
  }

  /** The twin's row has one line more. */
  reported(deviceId: string, name: string): void {
    let counts = this.#recent.get(deviceId);
    if (counts === undefined) this.#recent.set(deviceId, (counts = new Map<string, number>()));
    const count = (counts.get(name) ?? RECENT) + 1;
    counts.set(name, count < RECENT ? count : 0);
    if (count < RECENT) return;
    const { id, recent } = this.#statements.twin.get(deviceId, name) ?? { id: 0, recent: '' };
    if (recent === '') return;
    this.#add(id, REPORTED, recent);
    this.#statements.clear.run(id);
  }

  /** A desired value of a twin whose row is written already. */
  desired(deviceId: string, name: string, value: TwinValue): void {
    const twin = this.#statements.twin.get(deviceId, name);
    if (twin !== undefined && this.#limits.perTwin > 0) this.#add(twin.id, DESIRED, encode(value));
  }

  /** Before the twin itself is removed. */
  removeTwin(deviceId: string, name: string): void {
    this.#recent.get(deviceId)?.delete(name);
    if (this.#statements.removeTwin.run(deviceId, name).changes > 0) this.#isStale = true;
  }

  /** Before the device's twins are removed. */
  removeDevice(deviceId: string): void {
    this.#recent.delete(deviceId);
    if (this.#statements.removeDevice.run(deviceId).changes > 0) this.#isStale = true;
  }

  /** All twins of a device by name. */
  twinsOf(deviceId: string): { readonly id: number; readonly name: string }[] {
    return this.#statements.twins.all(deviceId);
  }

  /** The values of one twin, some at a time: each side from the oldest to the newest, not before `since` (ms since the epoch). */
  *read({ id, name }: { readonly id: number; readonly name: string }, since = 0): Generator<TwinHistoryEntry[]> {
    const from = Number.isFinite(since) ? since : 0;
    for (const side of SIDES.keys()) {
      let tooMany = (this.#statements.count.get(id, side)?.count ?? 0) + linesIn(this.#tail(id, side)).length - this.#limits.perTwin;
      for (let after = 0, isEnd = false; !isEnd;) {
        const rows = this.#statements.page.all(id, side, after);
        after = rows.at(-1)?.n ?? after;
        isEnd = rows.length < PAGE;
        const lines = linesIn(rows.map((row) => row.lines).join('') + (isEnd ? this.#tail(id, side) : ''));
        const entries = lines.slice(Math.max(0, tooMany)).map((line) => decode(name, side, line));
        tooMany -= lines.length;
        yield entries.filter(({ time }) => Date.parse(time) >= from);
      }
    }
  }

  #tail(id: number, side: number): string {
    return side === REPORTED ? (this.#statements.recent.get(id)?.recent ?? '') : '';
  }

  #add(twin: number, side: number, lines: string): void {
    const { perTwin, maxBytes } = this.#limits;
    const rings = (this.#rings ??= this.#measure());
    const count = linesIn(lines).length;
    this.#statements.add.run({ twin, side, count, lines });
    const key = 2 * twin + side;
    let ring = rings.get(key);
    if (ring === undefined) rings.set(key, (ring = { twin, side, count: 0, bytes: 0 }));
    ring.count += count;
    ring.bytes += ROW_BYTES + lines.length;
    this.#bytes += ROW_BYTES + lines.length;
    if (ring.count > perTwin + (perTwin >> 4)) this.#keep(ring, { count: perTwin });
    if (this.#bytes > maxBytes) this.#shrink(maxBytes);
  }

  #measure(): Map<number, Ring> {
    const rings = this.#statements.rings.all();
    this.#isStale = false;
    this.#bytes = rings.reduce((sum, { bytes }) => sum + bytes, 0);
    return new Map(rings.map((ring) => [2 * ring.twin + ring.side, ring]));
  }

  /** Removes the oldest rows that are not needed for so many values, or do not fit into so many bytes. */
  #keep(ring: Ring, { count = Infinity, bytes = Infinity }: { count?: number; bytes?: number }): void {
    const { twin, side } = ring;
    const kept = { count: 0, bytes: 0 };
    for (const row of this.#statements.rows.all(twin, side)) {
      if (kept.count >= count || kept.bytes + row.bytes > bytes) {
        this.#statements.cut.run(twin, side, row.n);
        break;
      }
      kept.count += row.count;
      kept.bytes += row.bytes;
    }
    this.#bytes += kept.bytes - ring.bytes;
    Object.assign(ring, kept);
  }

  #shrink(maxBytes: number): void {
    const rings = this.#isStale || this.#rings === undefined ? (this.#rings = this.#measure()) : this.#rings;
    if (this.#bytes <= maxBytes) return;
    const sizes = [...rings.values()].map((ring) => ring.bytes);
    const bytes = fairShare(sizes, Math.floor(maxBytes * (1 - STEP)));
    for (const ring of rings.values()) if (ring.bytes > bytes) this.#keep(ring, { bytes });
  }
}

/** Source, time, and after a blank the value, if there is one. No value of a twin has a blank or a line's end in it. */
function encode({ value, source, time }: TwinValue): string {
  return `${LETTERS[source]}${time}${value === undefined ? '' : ` ${value}`}\n`;
}

function decode(property: string, side: number, line: string): TwinHistoryEntry {
  const [head = '', value] = line.split(' ', 2);
  const time = new Date(Number(head.slice(1))).toISOString();
  return {
    property,
    side: SIDES[side] ?? 'reported',
    time,
    ...(value !== undefined && { value }),
    source: SOURCES[line[0] ?? ''] ?? 'mqtt',
  };
}

function linesIn(text: string): string[] {
  return text.split('\n').slice(0, -1);
}
