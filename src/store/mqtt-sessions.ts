import type { Database } from './database.ts';

const SIZE = 'length(CAST(topic AS BLOB)) + length(payload)';

/** A message that waits for a client. */
export interface OutgoingRow {
  readonly seq: number;
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  /** Null: it was never sent. */
  readonly messageId: number | null;
  readonly released: number;
}

export interface WillRow {
  readonly client: string;
  /** Empty: anonymous. */
  readonly username: string;
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

interface SessionRow {
  readonly client: string;
  readonly username: string;
  readonly seen: number;
}

/** The broker's tables. Writes run inside a transaction that their caller opened. */
export class MqttSessions {
  readonly #statements;
  readonly #forget;

  constructor(db: Database) {
    this.#statements = {
      sessions: db.prepare<[], SessionRow>('SELECT client, username, seen FROM mqtt_session'),
      putSession: db.prepare<[string, string, number]>(
        `INSERT INTO mqtt_session (client, username, seen) VALUES (?, ?, ?)
         ON CONFLICT (client) DO UPDATE SET username = excluded.username, seen = excluded.seen`,
      ),
      subscriptions: db.prepare<[], { client: string; filter: string; qos: number }>('SELECT client, filter, qos FROM mqtt_subscription'),
      putSubscription: db.prepare<[string, string, number]>(
        `INSERT INTO mqtt_subscription (client, filter, qos) VALUES (?, ?, ?)
         ON CONFLICT (client, filter) DO UPDATE SET qos = excluded.qos`,
      ),
      removeSubscription: db.prepare<[string, string]>('DELETE FROM mqtt_subscription WHERE client = ? AND filter = ?'),
      lastSeq: db.prepare<[], { seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM mqtt_outgoing'),
      sizes: db.prepare<[], { client: string; messages: number; bytes: number }>(
        `SELECT client, count(*) AS messages, sum(${SIZE}) AS bytes FROM mqtt_outgoing GROUP BY client`,
      ),
      enqueue: db.prepare<[number, string, string, Buffer, number]>(
        'INSERT INTO mqtt_outgoing (seq, client, topic, payload, qos) VALUES (?, ?, ?, ?, ?)',
      ),
      setMessageId: db.prepare<[number, number, string]>('UPDATE mqtt_outgoing SET message_id = ? WHERE seq = ? AND client = ?'),
      release: db.prepare<[string, number]>(
        "UPDATE mqtt_outgoing SET released = 1, payload = x'' WHERE client = ? AND message_id = ? AND released = 0 AND qos = 2",
      ),
      dequeue: db.prepare<[string, number], { bytes: number }>(
        `DELETE FROM mqtt_outgoing WHERE seq = (SELECT min(seq) FROM mqtt_outgoing WHERE client = ? AND message_id = ?) RETURNING ${SIZE} AS bytes`,
      ),
      withdraw: db.prepare<[number]>('DELETE FROM mqtt_outgoing WHERE seq = ?'),
      outgoing: db.prepare<[string, number, number], OutgoingRow>(
        `SELECT seq, topic, payload, qos, message_id AS messageId, released FROM mqtt_outgoing
         WHERE client = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT 50`,
      ),
      incoming: db.prepare<[], { client: string; messageId: number }>('SELECT client, message_id AS messageId FROM mqtt_incoming'),
      putIncoming: db.prepare<[string, number]>('INSERT OR IGNORE INTO mqtt_incoming (client, message_id) VALUES (?, ?)'),
      removeIncoming: db.prepare<[string, number]>('DELETE FROM mqtt_incoming WHERE client = ? AND message_id = ?'),
      retainedSizes: db.prepare<[], { topic: string; bytes: number }>('SELECT topic, length(payload) AS bytes FROM mqtt_retained'),
      retained: db.prepare<[string], { payload: Buffer; qos: 0 | 1 | 2 }>('SELECT payload, qos FROM mqtt_retained WHERE topic = ?'),
      putRetained: db.prepare<[string, Buffer, number]>(
        `INSERT INTO mqtt_retained (topic, payload, qos) VALUES (?, ?, ?)
         ON CONFLICT (topic) DO UPDATE SET payload = excluded.payload, qos = excluded.qos`,
      ),
      removeRetained: db.prepare<[string]>('DELETE FROM mqtt_retained WHERE topic = ?'),
      wills: db.prepare<[], Omit<WillRow, 'retain'> & { retain: number }>('SELECT * FROM mqtt_will'),
      putWill: db.prepare<[string, string, string, Buffer, number, number]>(
        'INSERT OR REPLACE INTO mqtt_will (client, username, topic, payload, qos, retain) VALUES (?, ?, ?, ?, ?, ?)',
      ),
      removeWill: db.prepare<[string]>('DELETE FROM mqtt_will WHERE client = ?'),
    };
    this.#forget = ['mqtt_session', 'mqtt_subscription', 'mqtt_outgoing', 'mqtt_incoming'].map((table) =>
      db.prepare<[string]>(`DELETE FROM ${table} WHERE client = ?`),
    );
  }

  sessions(): SessionRow[] {
    return this.#statements.sessions.all();
  }

  /** @param seen when the client was last connected, ms since the epoch */
  putSession(client: string, username: string, seen: number): void {
    this.#statements.putSession.run(client, username, seen);
  }

  /** Removes a session with all that waits for it. */
  forget(client: string): void {
    for (const statement of this.#forget) statement.run(client);
  }

  subscriptions(): { client: string; filter: string; qos: number }[] {
    return this.#statements.subscriptions.all();
  }

  putSubscription(client: string, filter: string, qos: number): void {
    this.#statements.putSubscription.run(client, filter, qos);
  }

  removeSubscription(client: string, filter: string): void {
    this.#statements.removeSubscription.run(client, filter);
  }

  /** The highest number of a waiting message. */
  get lastSeq(): number {
    return this.#statements.lastSeq.get()?.seq ?? 0;
  }

  /** What waits for each client; bytes of topics and payloads. */
  sizes(): { client: string; messages: number; bytes: number }[] {
    return this.#statements.sizes.all();
  }

  enqueue(seq: number, client: string, message: { topic: string; payload: Buffer; qos: number }): void {
    this.#statements.enqueue.run(seq, client, message.topic, message.payload, message.qos);
  }

  setMessageId(client: string, seq: number, messageId: number): void {
    this.#statements.setMessageId.run(messageId, seq, client);
  }

  /** The client has the QoS 2 message; only its number is needed from now on. */
  release(client: string, messageId: number): void {
    this.#statements.release.run(client, messageId);
  }

  /** Removes what the client has acknowledged. @returns its bytes; undefined if there is no such message */
  dequeue(client: string, messageId: number): number | undefined {
    return this.#statements.dequeue.get(client, messageId)?.bytes;
  }

  /** Removes a message that is not to be delivered after all. */
  withdraw(seq: number): void {
    this.#statements.withdraw.run(seq);
  }

  /** The next messages after `seq` up to and including `last`, oldest first, a few at a time. */
  outgoing(client: string, seq: number, last: number): OutgoingRow[] {
    return this.#statements.outgoing.all(client, seq, last);
  }

  incoming(): { client: string; messageId: number }[] {
    return this.#statements.incoming.all();
  }

  putIncoming(client: string, messageId: number): void {
    this.#statements.putIncoming.run(client, messageId);
  }

  removeIncoming(client: string, messageId: number): void {
    this.#statements.removeIncoming.run(client, messageId);
  }

  retainedSizes(): { topic: string; bytes: number }[] {
    return this.#statements.retainedSizes.all();
  }

  retained(topic: string): { payload: Buffer; qos: 0 | 1 | 2 } | undefined {
    return this.#statements.retained.get(topic);
  }

  /** An empty payload removes it. */
  putRetained({ topic, payload, qos }: { topic: string; payload: Buffer; qos: number }): void {
    if (payload.length === 0) this.#statements.removeRetained.run(topic);
    else this.#statements.putRetained.run(topic, payload, qos);
  }

  wills(): WillRow[] {
    return this.#statements.wills.all().map((row) => ({ ...row, retain: row.retain !== 0 }));
  }

  putWill({ client, username, topic, payload, qos, retain }: WillRow): void {
    this.#statements.putWill.run(client, username, topic, payload, qos, retain ? 1 : 0);
  }

  removeWill(client: string): void {
    this.#statements.removeWill.run(client);
  }
}
