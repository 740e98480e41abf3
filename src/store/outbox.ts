import type { Database } from './database.ts';

/** What the cloud must learn of a device: one of its twins, or its state (name empty). */
export type OutboxKind = 'twin' | 'state';

export interface OutboxRow {
  readonly seq: number;
  readonly name: string;
}

/**
 * The table `outbox`: a mark for each twin and state that the cloud has not confirmed. It holds no values: what is sent is what is
 * stored at that time. A change after that gives the mark a new, higher number, so that a confirmation of older values leaves it alone.
 */
export class Outbox {
  readonly #statements;
  /** By kind, the highest number of each device that was sent since this process began: up to here, a confirmation may take marks away. */
  readonly #sent: Readonly<Record<OutboxKind, Map<string, number>>> = { twin: new Map(), state: new Map() };

  constructor(db: Database) {
    this.#statements = {
      seqOf: db.prepare<[string, OutboxKind, string], { seq: number }>(
        'SELECT seq FROM outbox WHERE deviceid = ? AND kind = ? AND name = ?',
      ),
      mark: db.prepare<[string, OutboxKind, string]>('INSERT OR REPLACE INTO outbox (deviceid, kind, name) VALUES (?, ?, ?)'),
      devices: db.prepare<[OutboxKind], { deviceid: string }>(
        'SELECT deviceid, min(seq) AS first FROM outbox WHERE kind = ? GROUP BY deviceid ORDER BY first',
      ),
      pending: db.prepare<[string, OutboxKind, number], OutboxRow>(
        'SELECT seq, name FROM outbox WHERE deviceid = ? AND kind = ? ORDER BY seq LIMIT ?',
      ),
      confirm: db.prepare<[string, OutboxKind, number]>('DELETE FROM outbox WHERE deviceid = ? AND kind = ? AND seq <= ?'),
      remove: db.prepare<[string]>('DELETE FROM outbox WHERE deviceid = ?'),
      removeTwin: db.prepare<[string, string]>("DELETE FROM outbox WHERE deviceid = ? AND kind = 'twin' AND name = ?"),
      count: db.prepare<[], { count: number }>('SELECT count(*) AS count FROM outbox'),
    };
  }

  /** A mark that was not sent yet stands for this change, too: a device that reports fast writes one. */
  mark(deviceId: string, kind: OutboxKind, name = ''): void {
    const { seq = 0 } = this.#statements.seqOf.get(deviceId, kind, name) ?? {};
    if (seq <= (this.#sent[kind].get(deviceId) ?? 0)) this.#statements.mark.run(deviceId, kind, name);
  }

  /** The marks of one kind up to and including `seq` go to the cloud now, with what is stored now. */
  sent(deviceId: string, kind: OutboxKind, seq: number): void {
    this.#sent[kind].set(deviceId, Math.max(seq, this.#sent[kind].get(deviceId) ?? 0));
  }

  /** A device is gone, and that is on disk. */
  forget(deviceId: string): void {
    for (const sent of Object.values(this.#sent)) sent.delete(deviceId);
  }

  /** Devices with marks of one kind, the longest waiting first. */
  devices(kind: OutboxKind): string[] {
    return this.#statements.devices.all(kind).map(({ deviceid }) => deviceid);
  }

  /** A device's marks of one kind, oldest first. */
  pending(deviceId: string, kind: OutboxKind, limit: number): OutboxRow[] {
    return this.#statements.pending.all(deviceId, kind, limit);
  }

  /** Forgets the marks of one kind up to and including `seq`. */
  confirm(deviceId: string, kind: OutboxKind, seq: number): void {
    this.#statements.confirm.run(deviceId, kind, seq);
  }

  remove(deviceId: string): void {
    this.#statements.remove.run(deviceId);
  }

  removeTwin(deviceId: string, name: string): void {
    this.#statements.removeTwin.run(deviceId, name);
  }

  get size(): number {
    return this.#statements.count.get()?.count ?? 0;
  }
}
