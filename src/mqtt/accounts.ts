import type { Clock } from '../kernel/clock.ts';
import { KedgeError } from '../kernel/errors.ts';
import type { AclRule, MqttUser } from '../protocol/mqtt-accounts.ts';
import type { Access, Identity, LoginResult } from './access.ts';
import { Logins } from './logins.ts';
import { hashPassword } from './password.ts';
import { coversFilter, isTopicFilter, matchesFilter } from '../protocol/topic-filter.ts';

/** The tables of users and rules; store/mqtt-accounts.ts. */
export interface AccountStore {
  users(): readonly { name: string; hash: string }[];
  putUser(name: string, hash: string): void;
  removeUser(name: string): void;
  rules(): readonly AclRule[];
  putRule(rule: AclRule): void;
  removeRule(user: string, filter: string): void;
}

export interface AccountsDeps {
  readonly store: AccountStore;
  readonly clock: Clock;
  readonly failedLoginsPerMinute: number;
  /** True for topics that only the edge itself publishes to. */
  readonly isReserved: (topic: string) => boolean;
  /** A user is no more. */
  readonly removed: (name: string) => void;
}

const MAX_NAME_BYTES = 256;
const MAX_PASSWORD_BYTES = 1_024;
const MAX_FILTER_BYTES = 1_024;
const MOST = 10_000;

/**
 * The users of the embedded broker and what they may do. As with mosquitto: while there is no rule, every user may do everything; with the
 * first rule, a user may do what a rule allows. Anonymous clients, which come from this machine alone, are not asked.
 */
export class Accounts implements Access {
  readonly #deps: AccountsDeps;
  readonly #logins: Logins;
  readonly #users: Map<string, string>;
  #rules: readonly AclRule[];

  constructor(deps: AccountsDeps) {
    this.#deps = deps;
    this.#logins = new Logins(deps.failedLoginsPerMinute, deps.clock);
    this.#users = new Map(deps.store.users().map(({ name, hash }) => [name, hash]));
    this.#rules = deps.store.rules();
  }

  users(): MqttUser[] {
    return [...this.#users.keys()].sort().map((name) => ({ name, rules: this.#rules.filter(({ user }) => user === name).length }));
  }

  rules(): readonly AclRule[] {
    return this.#rules;
  }

  /** Adds a user, or gives it another password. @returns false if it was there. @throws KedgeError INVALID_INPUT */
  async setUser(name: string, password: Buffer): Promise<boolean> {
    checkName(name);
    if (password.length === 0 || password.length > MAX_PASSWORD_BYTES) {
      throw new KedgeError('INVALID_INPUT', `a password has 1 to ${MAX_PASSWORD_BYTES} bytes`);
    }
    const before = this.#users.get(name);
    if (before === undefined && this.#users.size >= MOST) throw new KedgeError('INVALID_INPUT', `there are ${MOST} users already`);
    const hash = await hashPassword(password);
    this.#deps.store.putUser(name, hash);
    this.#users.set(name, hash);
    if (before !== undefined) this.#logins.forget(before);
    return before === undefined;
  }

  /** Removes a user with its rules. @throws KedgeError NOT_FOUND */
  removeUser(name: string): void {
    const hash = this.#users.get(name);
    if (hash === undefined) throw new KedgeError('NOT_FOUND', `there is no MQTT user ${name}`, { hint: 'kedge mqtt user list' });
    this.#deps.store.removeUser(name);
    this.#users.delete(name);
    this.#logins.forget(hash);
    this.#rules = this.#deps.store.rules();
    this.#deps.removed(name);
  }

  /** Adds a rule, or changes its access. The user may be one of certificates, so it need not be there. @throws KedgeError INVALID_INPUT */
  setRule(rule: AclRule): void {
    if (!isTopicFilter(rule.filter) || Buffer.byteLength(rule.filter) > MAX_FILTER_BYTES) {
      throw new KedgeError('INVALID_INPUT', `${JSON.stringify(rule.filter)} is not a topic filter of MQTT`, {
        hint: '+ stands for one level, # for all the last ones, as in sensors/+/temperature or sensors/#',
      });
    }
    if (rule.user !== '') checkName(rule.user);
    if (this.#rules.length >= MOST) throw new KedgeError('INVALID_INPUT', `there are ${MOST} rules already`);
    this.#deps.store.putRule(rule);
    this.#rules = this.#deps.store.rules();
  }

  /** @throws KedgeError NOT_FOUND */
  removeRule(user: string, filter: string): void {
    if (!this.#rules.some((rule) => rule.user === user && rule.filter === filter)) {
      throw new KedgeError('NOT_FOUND', `there is no rule for ${user === '' ? 'all users' : user} and ${filter}`, {
        hint: 'kedge mqtt acl list',
      });
    }
    this.#deps.store.removeRule(user, filter);
    this.#rules = this.#deps.store.rules();
  }

  login(username: string, password: Buffer, address: string): Promise<LoginResult> {
    return this.#logins.check(this.#users.get(username), password, address);
  }

  mayPublish(identity: Identity, topic: string): boolean {
    if (identity.username === '') return true;
    return !this.#deps.isReserved(topic) && this.#allows(identity, 'write', (filter) => matchesFilter(filter, topic));
  }

  mayRead(identity: Identity, topic: string): boolean {
    return this.#allows(identity, 'read', (filter) => matchesFilter(filter, topic));
  }

  /** A rule must allow all of the filter. */
  maySubscribe(identity: Identity, wanted: string): boolean {
    return this.#allows(identity, 'read', (filter) => coversFilter(filter, wanted));
  }

  #allows({ username, clientId }: Identity, access: 'read' | 'write', fits: (filter: string) => boolean): boolean {
    if (username === '' || this.#rules.length === 0) return true;
    return this.#rules.some((rule) => {
      if (rule.user !== '' && rule.user !== username) return false;
      if (rule.access !== 'readwrite' && rule.access !== access) return false;
      const filter = fill(rule.filter, username, clientId);
      return filter !== undefined && fits(filter);
    });
  }
}

/** Puts user and client id in. One that would be more than a part of a level fits nothing. */
function fill(filter: string, username: string, clientId: string): string | undefined {
  if (!filter.includes('%')) return filter;
  const parts: [string, string][] = [
    ['%u', username],
    ['%c', clientId],
  ];
  let filled = filter;
  for (const [name, value] of parts) {
    if (!filter.includes(name)) continue;
    if (/[+#/]/.test(value)) return undefined;
    filled = filled.replaceAll(name, () => value);
  }
  return filled;
}

/** @throws KedgeError INVALID_INPUT */
function checkName(name: string): void {
  if (name !== '' && Buffer.byteLength(name) <= MAX_NAME_BYTES && !/[\p{Cc}:]/u.test(name)) return;
  throw new KedgeError(
    'INVALID_INPUT',
    `${JSON.stringify(name)} is not a user name: 1 to ${MAX_NAME_BYTES} bytes without : and control characters`,
  );
}
