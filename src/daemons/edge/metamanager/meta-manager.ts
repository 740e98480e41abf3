import type { Bus } from '../../../kernel/bus.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { messageOf } from '../../../kernel/errors.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { readAnswer } from '../../../protocol/answer.ts';
import type { Answer } from '../../../protocol/answer.ts';
import { asKubeObject, isNewer } from '../../../protocol/kube-object.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import type { Message, Route } from '../../../protocol/message.ts';
import { contentObject, errorReply, newMessage, replyTo } from '../../../protocol/message.ts';
import { parseResource } from '../../../protocol/resource.ts';
import type { ResourcePath } from '../../../protocol/resource.ts';
import type { Database } from '../../../store/database.ts';
import { GroupCommit } from '../../../store/group-commit.ts';
import { MetaStore } from '../../../store/meta.ts';
import type { EdgeEvents } from '../events.ts';
import { ReferencedObjects } from './referenced-objects.ts';

export interface MetaManagerDeps {
  /** Open from the start of this module on. */
  readonly db: Database;
  /** Its transactions, where they are shared with others. */
  readonly group?: GroupCommit;
  readonly bus: Bus<EdgeEvents>;
  readonly send: (message: Message) => boolean;
  readonly request: (message: Message, options: { timeoutMs: number; signal: AbortSignal }) => Promise<Message>;
  readonly isConnected: () => boolean;
  /** False towards KubeEdge's cloud. */
  readonly isKedgeCloud: () => boolean;
  readonly clock: Clock;
}

/** What a request of the edge asks for. */
export interface CloudRequest {
  readonly operation: 'query' | 'insert' | 'update' | 'patch' | 'delete';
  readonly resource: string;
  readonly content: unknown;
  /** Default: 60 s, KubeEdge's remoteQueryTimeout. */
  readonly timeoutMs?: number;
}

const REMOTE_QUERY_TIMEOUT_MS = 60_000;

/**
 * The edge's copy of the cloud's objects: commits first, acknowledges then, and tells the other modules last. What comes in one moment shares
 * a commit and keeps its order: every write is on its way before the call that asks for it has to wait.
 */
export class MetaManager implements Module {
  readonly name = 'metamanager';
  readonly #deps: MetaManagerDeps;
  #running: { store: MetaStore; group: GroupCommit; scope: Scope } | undefined;

  constructor(deps: MetaManagerDeps) {
    this.#deps = deps;
  }

  start(scope: Scope): Promise<void> {
    const { db, group = new GroupCommit(db) } = this.#deps;
    this.#running = { store: new MetaStore(db), group, scope };
    const query = (resource: string): Promise<Answer> => this.remoteRequest({ operation: 'query', resource, content: null });
    const { bus, clock, isConnected, isKedgeCloud } = this.#deps;
    const get = this.get.bind(this);
    new ReferencedObjects({ bus, clock, isConnected, isKedgeCloud, get, list: (type) => this.list(type), query }).start(scope);
    return Promise.resolve();
  }

  get(path: ResourcePath): KubeObject | undefined {
    return this.#started.store.get(path);
  }

  /** Stored objects of one type, of one namespace if it is given. */
  list(type: string, namespace?: string): KubeObject[] {
    return this.#started.store.list(type, namespace);
  }

  /** A message of group `resource` or `func` that nobody waits for. */
  async receive(message: Message): Promise<void> {
    const { operation, resource } = message.route;
    const path = parseResource(resource);
    try {
      if (path === undefined) throw new Error(`not a resource: ${resource ?? ''}`);
      if (operation === 'insert' || operation === 'update') await this.#store(message, path);
      else if (operation === 'delete') await this.#delete(message, path);
      else if (operation === 'response') await this.#late(message, path);
      else throw new Error(`operation ${operation ?? ''} is not understood`);
    } catch (error) {
      this.#started.scope.log.error({ err: error, resource, operation }, 'a message of the cloud was not stored');
      this.#deps.send(errorReply(message, messageOf(error)));
    }
  }

  /**
   * Asks the cloud and reads its answer. The answers to queries and inserts are stored (leases are not) and acknowledged, as are those
   * to lease updates (KubeEdge wire format, edge side acking).
   * @throws KedgeError UNREACHABLE when the cloud is away, TIMEOUT
   */
  async remoteRequest(request: CloudRequest): Promise<Answer> {
    const { operation, resource, content, timeoutMs = REMOTE_QUERY_TIMEOUT_MS } = request;
    const { signal } = this.#started.scope;
    const message = newMessage({ source: 'edged', group: 'meta', operation, resource }, content);
    const response = await this.#deps.request(message, { timeoutMs, signal });
    const path = parseResource(resource);
    const reads = operation === 'query' || operation === 'insert';
    if (path !== undefined && (reads || path.type === 'lease')) await this.#answered(response, path);
    return readAnswer(response);
  }

  get #started(): { store: MetaStore; group: GroupCommit; scope: Scope } {
    if (this.#running === undefined) throw new Error('MetaManager is not started');
    return this.#running;
  }

  async #store(message: Message, path: ResourcePath): Promise<void> {
    const object = asKubeObject(contentObject(message));
    if (object === undefined) throw new Error('the content is not a Kubernetes object');
    const stored = await this.#started.group.runOrAlone(() => this.#put(path, object, message.header.resourceversion));
    this.#acknowledge(message);
    if (stored !== undefined) await this.#deps.bus.emit('objectStored', { ...path, object: stored });
  }

  /** @returns undefined when the stored version of the same object is as new */
  #put(path: ResourcePath, object: KubeObject, version = object.metadata.resourceVersion): KubeObject | undefined {
    const { store } = this.#started;
    const old = store.get(path)?.metadata;
    if (old !== undefined && old.uid === object.metadata.uid && !isNewer(version, old.resourceVersion)) return undefined;
    return store.put(path, object);
  }

  /** SyncController deletes with nothing but metadata, so the uid is all that can be compared. */
  async #delete(message: Message, path: ResourcePath): Promise<void> {
    const { store, group } = this.#started;
    const uid = asKubeObject(contentObject(message))?.metadata.uid;
    const { old, another } = await group.runOrAlone(() => {
      const old = store.get(path);
      const another = uid !== undefined && old?.metadata.uid !== undefined && old.metadata.uid !== uid;
      if (!another) store.remove(path, old);
      return { old, another };
    });
    this.#acknowledge(message);
    if (!another) await this.#deps.bus.emit('objectDeleted', { ...path, ...(old === undefined ? {} : { object: old }) });
  }

  /** The answer to a question that was given up, or one that the cloud repeats because our ack was lost. */
  async #late(message: Message, path: ResourcePath): Promise<void> {
    const patched = path.type.endsWith('patch') || message.content === 'OK';
    if (!patched) await this.#answered(message, path);
  }

  async #answered(response: Message, path: ResourcePath): Promise<void> {
    const answer = readAnswer(response);
    const object = answer.ok ? asKubeObject(answer.content) : undefined;
    if (object !== undefined && path.type !== 'lease') await this.#started.group.runOrAlone(() => this.#put(path, object));
    this.#acknowledge(response);
  }

  #acknowledge(message: Message): void {
    this.#deps.send(replyTo(message, 'OK', ackRoute(message)));
  }
}

/** DeviceController's inserts and deletes are acknowledged as by DeviceTwin; everything else copies the message's route (recordings). */
function ackRoute({ route }: Message): Partial<Route> {
  return route.source === 'devicecontroller' && route.operation !== 'update' ? { source: 'meta', group: 'twin' } : {};
}
