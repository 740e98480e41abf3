import type { AclRule } from '../protocol/mqtt-accounts.ts';
import type { Database } from './database.ts';

/** The tables `mqtt_user` and `mqtt_acl`. What a call writes is on disk when it returns. */
export class MqttAccounts {
  readonly #statements;
  readonly #removeUser: (name: string) => void;

  constructor(db: Database) {
    const statements = {
      users: db.prepare<[], { name: string; hash: string }>('SELECT name, hash FROM mqtt_user ORDER BY name'),
      putUser: db.prepare<[string, string]>(
        'INSERT INTO mqtt_user (name, hash) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET hash = excluded.hash',
      ),
      removeUser: db.prepare<[string]>('DELETE FROM mqtt_user WHERE name = ?'),
      removeRules: db.prepare<[string]>('DELETE FROM mqtt_acl WHERE username = ?'),
      rules: db.prepare<[], AclRule>('SELECT username AS user, access, filter FROM mqtt_acl ORDER BY username, filter'),
      putRule: db.prepare<[string, string, string]>(
        `INSERT INTO mqtt_acl (username, filter, access) VALUES (?, ?, ?)
         ON CONFLICT (username, filter) DO UPDATE SET access = excluded.access`,
      ),
      removeRule: db.prepare<[string, string]>('DELETE FROM mqtt_acl WHERE username = ? AND filter = ?'),
    };
    this.#statements = statements;
    this.#removeUser = db.transaction((name: string) => {
      statements.removeUser.run(name);
      statements.removeRules.run(name);
    });
  }

  users(): { name: string; hash: string }[] {
    return this.#statements.users.all();
  }

  putUser(name: string, hash: string): void {
    this.#statements.putUser.run(name, hash);
  }

  /** With its rules. */
  removeUser(name: string): void {
    this.#removeUser(name);
  }

  rules(): AclRule[] {
    return this.#statements.rules.all();
  }

  putRule({ user, filter, access }: AclRule): void {
    this.#statements.putRule.run(user, filter, access);
  }

  removeRule(user: string, filter: string): void {
    this.#statements.removeRule.run(user, filter);
  }
}
