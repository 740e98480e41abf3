import { Fifo } from '../../../kernel/fifo.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { apiVersionOf, RESOURCES } from '../../../protocol/kubernetes.ts';
import type { Change } from '../../../store/kube-objects.ts';
import { keyOf, type ApiContext, type Target } from './api-context.ts';
import { present } from './decode.ts';
import type { ObjectPredicate } from './field-selector.ts';
import { parseRevision, selection, tooOld, type Selection } from './object-read.ts';
import { badRequest, expired, groupResource } from './status-error.ts';

export interface WatchQuery extends Selection {
  readonly resourceVersion?: string | undefined;
  readonly allowWatchBookmarks?: boolean | undefined;
  readonly sendInitialEvents?: boolean | undefined;
}

export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

/** How many events may wait for a reader who is busy, beside those that the watch began with. */
const WAITING_LIMIT = 1_000;
/** And how much JSON, after the first of them. */
const WAITING_BYTES = 16 * 1024 * 1024;

/**
 * The events of one watch, in order, from the revision that was asked for. A reader who falls too far behind is cut off:
 * `overrun` turns true and no more events come. It is over when what it watches is defined otherwise.
 */
export class ObjectWatch {
  /** Called whenever an event or the end has come. */
  onReady: () => void = () => undefined;
  readonly #context: ApiContext;
  readonly #target: Target;
  readonly #matches: ObjectPredicate;
  readonly #subscriptions: readonly (() => void)[];
  #waiting = new Fifo<ObjectEvent>();
  /** How large the changes behind the waiting events are, without those that the watch began with. */
  readonly #sizes = new Fifo<number>();
  #bytes = 0;
  #initial: number;
  #overrun = false;
  #isRedefined = false;

  /** @throws StatusError 400 for a bad selector, 410 when the revision is no longer known */
  constructor(context: ApiContext, target: Target, query: WatchQuery) {
    this.#context = context;
    this.#target = target;
    this.#matches = selection(target, query);
    const revision = parseRevision(query.resourceVersion);
    if (query.sendInitialEvents === true && query.allowWatchBookmarks !== true) {
      throw badRequest('sendInitialEvents requires setting allowWatchBookmarks to true');
    }
    // Without a revision, or if asked, the watch begins with what is there; sendInitialEvents=false asks for neither.
    const fromState = query.sendInitialEvents ?? revision === 0;
    if (fromState) this.#waiting = new Fifo(this.#state());
    else if (revision > 0) this.#waiting = new Fifo(this.#since(revision));
    if (query.sendInitialEvents === true) this.#waiting.push(this.bookmark({ 'k8s.io/initial-events-end': 'true' }));
    this.#initial = this.#waiting.length;
    const { store } = context;
    this.#subscriptions = [
      store.subscribe(keyOf(target).resource, (change) => this.#take(change)),
      ...(target.entry.custom === undefined ? [] : [store.subscribe(groupResource(RESOURCES.crd), (change) => this.#redefine(change))]),
    ];
  }

  get overrun(): boolean {
    return this.#overrun;
  }

  /** True when nothing waits and nothing will come: the definition of the resource is another one, or gone. Who still wants it watches anew. */
  get isOver(): boolean {
    return this.#isRedefined && this.isIdle;
  }

  /** The next event, if one is there. */
  shift(): ObjectEvent | undefined {
    if (this.#initial > 0) this.#initial -= 1;
    else this.#bytes -= this.#sizes.shift() ?? 0;
    return this.#waiting.shift();
  }

  /** Tells how far the watch has come. */
  bookmark(annotations?: Record<string, string>): ObjectEvent {
    const { resource } = this.#target.entry;
    const metadata = {
      resourceVersion: String(this.#context.store.revision),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    };
    return {
      type: 'BOOKMARK',
      object: { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata: metadata as unknown as KubeObject['metadata'] },
    };
  }

  /** True when nothing waits, so that a bookmark at the current revision tells the truth. */
  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  close(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#waiting.clear();
    this.#sizes.clear();
  }

  *#state(): Generator<ObjectEvent> {
    const { entry, namespace } = this.#target;
    for (const stored of this.#context.store.list(keyOf(this.#target).resource, { namespace: namespace || undefined })) {
      if (this.#matches(stored)) yield { type: 'ADDED', object: present(entry, stored) };
    }
  }

  *#since(revision: number): Generator<ObjectEvent> {
    const { store } = this.#context;
    // A revision from the future belongs to another life of this server: its client must list again.
    if (revision < store.oldestRevision || revision > store.revision) throw expired(tooOld(revision, store.oldestRevision));
    for (const change of store.changesAfter(keyOf(this.#target).resource, revision)) {
      const event = this.#eventOf(change);
      if (event !== undefined) yield event;
    }
  }

  #take(change: Change): void {
    const event = this.#eventOf(change);
    if (event === undefined || this.#overrun) return;
    if (this.#sizes.length >= WAITING_LIMIT || (this.#sizes.length > 0 && this.#bytes + change.size > WAITING_BYTES)) {
      this.#overrun = true;
      this.close();
    } else {
      this.#waiting.push(event);
      this.#sizes.push(change.size);
      this.#bytes += change.size;
    }
    this.onReady();
  }

  /** As Kubernetes has it, which tears down what served the resource when the spec of its definition changes. */
  #redefine({ type, name, object, previous }: Change): void {
    const { plural, group } = this.#target.entry.resource;
    if (name !== `${plural}.${group}`) return;
    if (type !== 'DELETED' && object.metadata.generation === previous?.metadata.generation) return;
    this.#isRedefined = true;
    this.onReady();
  }

  /** What a change means to this watch: an object that begins or ceases to match comes or goes. */
  #eventOf({ type, namespace, object, previous, revision }: Change): ObjectEvent | undefined {
    if (this.#target.namespace !== '' && namespace !== this.#target.namespace) return undefined;
    const before = previous !== undefined && this.#matches(previous);
    const after = type !== 'DELETED' && this.#matches(object);
    if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: present(this.#target.entry, object) };
    if (!before) return undefined;
    const last = type === 'DELETED' ? object : { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
    return { type: 'DELETED', object: present(this.#target.entry, last) };
  }
}
