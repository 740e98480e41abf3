import type { Logger } from './log.ts';

/** What a module is given to live in: it acquires inside `start` and registers each release on the next line. */
export interface Scope {
  /** Aborts when the daemon begins to stop: take no new work. */
  readonly signal: AbortSignal;
  /** Carries the module's name. */
  readonly log: Logger;
  /** Registers a release. Releases run last-registered-first, each guarded, under one deadline. */
  defer(release: () => void | Promise<void>): void;
}

export interface ModuleStatus {
  /** `degraded`: it runs, but a peer that it needs is away. */
  readonly state: 'ok' | 'degraded';
  /** One sentence for people. */
  readonly detail?: string;
  /** Facts for scripts, such as ports. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** How many wait, by what for. */
  readonly queues?: Readonly<Record<string, number>>;
  readonly peers?: readonly Peer[];
}

/** Somebody outside of this daemon whom a module talks to. */
export interface Peer {
  /** The node at the cloud, the address elsewhere. */
  readonly name: string;
  readonly connected: boolean;
  /** Since when, RFC 3339. */
  readonly since?: string;
  /** Messages that it has yet to acknowledge. */
  readonly queued?: number;
}

/** A part of a daemon. Its constructor only stores; `start` resolves when the next part may rely on it. */
export interface Module {
  readonly name: string;
  start(scope: Scope): Promise<void>;
  status?(): ModuleStatus;
}
