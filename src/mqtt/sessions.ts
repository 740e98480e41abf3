import type { Clock } from '../kernel/clock.ts';
import { FilterTree } from './filter-tree.ts';
import type { Journal, SessionStore } from './session-store.ts';

export interface SessionLimits {
  /** Sessions that outlive their connection. */
  readonly sessions: number;
  /** After which a session whose client stays away is forgotten. */
  readonly sessionExpiryHours: number;
  /** Of one client. */
  readonly subscriptions: number;
}

interface Session {
  readonly username: string;
  readonly filters: Map<string, number>;
  seen: number;
  isConnected: boolean;
}

const HOUR_MS = 3_600_000;

/** The sessions that outlive their connection, and what they have subscribed. */
export class Sessions {
  readonly #store: SessionStore;
  readonly #journal: Journal;
  readonly #limits: SessionLimits;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly #sessions = new Map<string, Session>();
  readonly #tree = new FilterTree();

  constructor(store: SessionStore, journal: Journal, limits: SessionLimits, clock: Clock, failed: (error: unknown) => void) {
    this.#store = store;
    this.#journal = journal;
    this.#limits = limits;
    this.#clock = clock;
    this.#failed = failed;
    for (const { client, username, seen } of store.sessions()) {
      this.#sessions.set(client, { username, seen, filters: new Map(), isConnected: false });
    }
    for (const { client, filter, qos } of store.subscriptions()) this.#add(client, filter, qos);
  }

  get size(): number {
    return this.#sessions.size;
  }

  has(client: string): boolean {
    return this.#sessions.has(client);
  }

  /** True if the session of this id is another user's. */
  isForeign(client: string, username: string): boolean {
    const session = this.#sessions.get(client);
    return session !== undefined && session.username !== username;
  }

  /** Opens or resumes a session. @returns false if there is no room for one more */
  open(client: string, username: string): boolean {
    const session = this.#sessions.get(client);
    if (session === undefined && this.#sessions.size >= this.#limits.sessions) return false;
    const seen = this.#clock.now();
    this.#sessions.set(client, { filters: new Map(), ...session, username, seen, isConnected: true });
    this.#later(() => this.#store.putSession(client, username, seen));
    return true;
  }

  /** The client is away from now on. */
  leave(client: string): void {
    const session = this.#sessions.get(client);
    if (session === undefined) return;
    session.isConnected = false;
    session.seen = this.#clock.now();
    const { username, seen } = session;
    this.#later(() => this.#store.putSession(client, username, seen));
  }

  /** True once a subscription or more makes a session worth keeping. */
  isUsed(client: string): boolean {
    return (this.#sessions.get(client)?.filters.size ?? 0) > 0;
  }

  /** Resolves once they are on disk. */
  async subscribe(client: string, subscriptions: readonly { topic: string; qos: number }[]): Promise<void> {
    if (subscriptions.length === 0) return;
    for (const { topic, qos } of subscriptions) this.#add(client, topic, qos);
    await this.#journal.run(() => subscriptions.forEach(({ topic, qos }) => this.#store.putSubscription(client, topic, qos)));
  }

  /** Resolves once that is on disk. */
  async unsubscribe(client: string, filters: readonly string[]): Promise<void> {
    for (const filter of filters) {
      this.#sessions.get(client)?.filters.delete(filter);
      this.#tree.delete(filter, client);
    }
    await this.#journal.run(() => filters.forEach((filter) => this.#store.removeSubscription(client, filter)));
  }

  subscriptionsOf(client: string): { topic: string; qos: number }[] {
    return [...(this.#sessions.get(client)?.filters ?? [])].map(([topic, qos]) => ({ topic, qos }));
  }

  /** The clients that want a topic with QoS 1 or 2. */
  wanting(topic: string): Map<string, number> {
    return this.#tree.match(topic);
  }

  /** Forgets a session with all that waits for it. */
  forget(client: string): void {
    for (const filter of this.#sessions.get(client)?.filters.keys() ?? []) this.#tree.delete(filter, client);
    this.#sessions.delete(client);
    this.#later(() => this.#store.forget(client));
  }

  /** The clients that have stayed away for too long. */
  expired(): string[] {
    const limit = this.#clock.now() - this.#limits.sessionExpiryHours * HOUR_MS;
    return [...this.#sessions].filter(([, { isConnected, seen }]) => !isConnected && seen < limit).map(([client]) => client);
  }

  /** The clients with a session of this user. */
  ofUser(username: string): string[] {
    return [...this.#sessions].filter(([, session]) => session.username === username).map(([client]) => client);
  }

  #add(client: string, filter: string, qos: number): void {
    this.#sessions.get(client)?.filters.set(filter, qos);
    if (qos > 0) this.#tree.set(filter, client, qos);
    else this.#tree.delete(filter, client);
  }

  #later(write: () => void): void {
    this.#journal.later(write, this.#failed);
  }
}
