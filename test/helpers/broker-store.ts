import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/kernel/clock.ts';
import { Accounts } from '../../src/mqtt/accounts.ts';
import type { BrokerOptions } from '../../src/mqtt/broker.ts';
import { isAnswerTopic } from '../../src/protocol/topics.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { Database } from '../../src/store/database.ts';
import { EDGE_MIGRATIONS } from '../../src/store/edge-schema.ts';
import { GroupCommit } from '../../src/store/group-commit.ts';
import { MqttAccounts } from '../../src/store/mqtt-accounts.ts';
import { MqttSessions } from '../../src/store/mqtt-sessions.ts';
import { eventBusConfig } from './device-edge.ts';

/** The database of a broker in a folder of its own; it can be closed and opened again, as by another process. */
export class BrokerStore {
  readonly #dir = mkdtempSync(join(tmpdir(), 'kedge-broker-'));
  #db: Database | undefined;
  accounts!: Accounts;
  #options!: Pick<BrokerOptions, 'store' | 'journal' | 'limits' | 'access'>;

  constructor() {
    this.open();
  }

  open(limits: object = {}): void {
    const db = openDatabase(join(this.#dir, 'data.db'), EDGE_MIGRATIONS);
    const config = eventBusConfig({ limits }).limits;
    this.#db = db;
    this.accounts = new Accounts({
      store: new MqttAccounts(db),
      clock: systemClock,
      failedLoginsPerMinute: config.failedLoginsPerMinute,
      isReserved: isAnswerTopic,
      removed: () => undefined,
    });
    this.#options = { store: new MqttSessions(db), journal: new GroupCommit(db), limits: config, access: this.accounts };
  }

  get options(): Pick<BrokerOptions, 'store' | 'journal' | 'limits' | 'access'> {
    return this.#options;
  }

  /** The options with other limits. */
  limited(limits: object): Pick<BrokerOptions, 'store' | 'journal' | 'limits' | 'access'> {
    return { ...this.#options, limits: eventBusConfig({ limits }).limits };
  }

  close(): void {
    this.#db?.close();
    this.#db = undefined;
  }

  remove(): void {
    this.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
