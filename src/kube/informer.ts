import { Backoff } from '../kernel/backoff.ts';
import { sleep, systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Scope } from '../kernel/module.ts';
import type { ApiResource, KubeObject, Status } from '../protocol/kubernetes.ts';
import { ApiError, isExpired } from './api-error.ts';
import type { KubeClient, WatchEvent } from './client.ts';
import { listAll } from './list-all.ts';
import { ObjectCache } from './object-cache.ts';
import type { ChangeHandlers } from './object-cache.ts';

export interface InformerOptions {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly resource: ApiResource;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly clock?: Clock;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

export interface InformerStatus {
  /** True once the first list is complete; what the cache holds may be old, but it is whole. */
  readonly synced: boolean;
  /** Why the API cannot be followed at the moment; absent while it can. */
  readonly lastError?: string;
}

/** A watch that lived this long, ms, was a good one: the back-off starts again at its first delay. */
const HEALTHY_MS = 5_000;

/**
 * Follows all objects of one resource for as long as its scope lives: a list in pages, then watches with bookmarks, and again
 * a list when the server has forgotten the version. Whatever the server does, it keeps trying with back-off and jitter.
 */
export class Informer<T extends KubeObject> {
  readonly #options: InformerOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #cache = new ObjectCache<T>();
  #version: string | undefined;
  #synced = false;
  #lastError: string | undefined;

  constructor(options: InformerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff({ initialMs: 200, maxMs: 5_000, random: this.#random });
  }

  /** Begins to follow and resolves after the first complete list. Keeps trying until there is one; rejects when the scope ends before. */
  async start(scope: Scope): Promise<void> {
    const stop = new AbortController();
    const signal = AbortSignal.any([scope.signal, stop.signal]);
    let running: Promise<void> = Promise.resolve();
    scope.defer(() => {
      stop.abort(new Error('the informer was stopped'));
      return running;
    });
    await new Promise<void>((synced, reject) => {
      running = this.#follow(scope, signal, synced).catch(reject);
    });
  }

  /** The object with this key (`namespace/name`, or `name` in cluster scope), as last seen. Treat it as read-only. */
  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  list(): T[] {
    return this.#cache.list();
  }

  /** Subscribes until the scope ends; what is already known is told as added, at once. Handlers are synchronous: let them fill a WorkQueue. */
  onChange(scope: Scope, handlers: ChangeHandlers<T>): void {
    this.#cache.onChange(scope, handlers);
  }

  status(): InformerStatus {
    return { synced: this.#synced, ...(this.#lastError !== undefined && { lastError: this.#lastError }) };
  }

  /** Runs until the signal aborts, then rejects with its reason. */
  async #follow(scope: Scope, signal: AbortSignal, synced: () => void): Promise<void> {
    for (;;) {
      const begun = this.#clock.elapsed();
      try {
        if (this.#version === undefined) {
          await this.#relist(signal);
          synced();
        }
        await this.#watch(signal);
      } catch (error) {
        signal.throwIfAborted();
        this.#failed(scope, error);
      }
      if (this.#clock.elapsed() - begun >= HEALTHY_MS) this.#backoff.reset();
      await sleep(this.#backoff.next(), signal, this.#clock);
    }
  }

  async #relist(signal: AbortSignal): Promise<void> {
    const { client, resource } = this.#options;
    const { items, metadata } = await listAll<T>(client, resource, { ...this.#selection(), signal });
    this.#cache.replace(items);
    this.#version = metadata.resourceVersion ?? '';
    this.#synced = true;
    this.#lastError = undefined;
  }

  /** One watch, to its end. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { client, resource } = this.#options;
    const events = client.watch<T>(resource, {
      ...this.#selection(),
      ...(this.#version && { resourceVersion: this.#version }),
      allowWatchBookmarks: true,
      timeoutSeconds: Math.round(300 + 300 * this.#random()),
      onOpen: () => {
        this.#lastError = undefined;
      },
      signal,
    });
    for await (const event of events) {
      signal.throwIfAborted();
      this.#apply(event);
    }
  }

  #apply(event: WatchEvent<T>): void {
    if (event.type === 'ERROR') {
      const status = event.object as Status;
      throw new ApiError(status.code ?? 500, status, `watch ${this.#options.resource.plural}`);
    }
    const { object } = event;
    if (event.type === 'DELETED') this.#cache.remove(object);
    else if (event.type !== 'BOOKMARK') this.#cache.put(object);
    this.#version = object.metadata.resourceVersion ?? this.#version;
    // Each change is progress; a server that only opens, bookmarks and closes is waited for longer and longer.
    if (event.type !== 'BOOKMARK') this.#backoff.reset();
  }

  /** A server that refuses to go on from this version (expired, or of a database that was replaced) is asked for a list. */
  #failed(scope: Scope, error: unknown): void {
    if (error instanceof ApiError) this.#version = undefined;
    const { plural } = this.#options.resource;
    if (isExpired(error)) {
      scope.log.debug({ resource: plural }, 'the server has forgotten this version, listing again');
      return;
    }
    const text = messageOf(error);
    if (text !== this.#lastError) scope.log.warn({ resource: plural, err: error }, 'cannot follow the API, will retry');
    this.#lastError = text;
  }

  #selection(): { namespace?: string; labelSelector?: string; fieldSelector?: string } {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return {
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    };
  }
}
