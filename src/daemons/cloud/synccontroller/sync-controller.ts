import type { Bus } from '../../../kernel/bus.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import type { KubeClient } from '../../../kube/client.ts';
import type { Informer } from '../../../kube/informer.ts';
import type { KubeObject, Node, ObjectSync } from '../../../protocol/kubernetes.ts';
import { isRecord, newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { fingerprintOf, objectMessage, objectPath } from '../../../protocol/object-message.ts';
import type { Desired } from '../../../protocol/object-message.ts';
import { compareVersions } from '../../../protocol/resource-version.ts';
import type { CloudEvents } from '../events.ts';
import { Fingerprints } from './fingerprints.ts';
import { SyncIndex, formatSyncName, parseSyncName } from './sync-index.ts';
import { SyncWriter } from './sync-writer.ts';

/** An object that a node has and should not have any more. */
export interface Orphan {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

export interface SyncControllerDeps {
  readonly bus: Bus<CloudEvents>;
  readonly clock: Clock;
  readonly kube: KubeClient;
  readonly objectSyncs: Informer<ObjectSync>;
  readonly clusterObjectSyncs: Informer<ObjectSync>;
  readonly nodes: Informer<Node>;
  /** The kinds that `desiredFor` speaks about; ObjectSyncs of others are left alone. */
  readonly kinds: ReadonlySet<string>;
  /** Everything that a node should have, in the order in which it should get it. */
  readonly desiredFor: (nodeName: string) => Desired[];
  readonly connectedNodes: () => string[];
  /** False when the message was not taken, or is on its way already. */
  readonly send: (nodeName: string, message: Message) => boolean;
  /** Called when the deletion of an orphan is sent. */
  readonly onOrphan: (nodeName: string, orphan: Orphan) => void;
}

interface Acked {
  /** Undefined for objects of cluster scope. */
  readonly namespace: string | undefined;
  readonly spec: ObjectSync['spec'];
  readonly resourceVersion: string;
  readonly fingerprint: string;
}

const INTERVAL_MS = 5_000;
/** The version of an object that was sent and of which nobody knows whether it is at the edge (KubeEdge wire format, ObjectSync). */
const NEVER = '0';

/**
 * Remembers in ObjectSyncs what each edge has acknowledged, and makes up for what it has not (KubeEdge wire format, reliable
 * sync): whatever was lost on the way, by a restart of either side or by a full queue, is found by comparing and sent again.
 */
export class SyncController implements Module {
  readonly name = 'synccontroller';
  readonly #deps: SyncControllerDeps;
  readonly #index = new SyncIndex();
  readonly #writer: SyncWriter;
  readonly #fingerprints = new Fingerprints();
  /** What was acknowledged since this process started, by name of the ObjectSync: changes of status alone must not travel. */
  readonly #acked = new Map<string, Acked>();
  #comparisons: WorkQueue | undefined;

  constructor(deps: SyncControllerDeps) {
    this.#deps = deps;
    this.#writer = new SyncWriter(deps.kube, deps.clock);
  }

  start(scope: Scope): Promise<void> {
    const { bus, clock, objectSyncs, clusterObjectSyncs, nodes, connectedNodes } = this.#deps;
    this.#index.follow(scope, objectSyncs);
    this.#index.follow(scope, clusterObjectSyncs);
    this.#writer.start(scope);
    const comparisons = (this.#comparisons = new WorkQueue(scope, (nodeName) => this.#compare(nodeName), { clock }));
    bus.on(scope, 'nodeConnected', ({ nodeName }) => comparisons.add(nodeName));
    bus.on(scope, 'messageAcked', ({ nodeName, message }) => this.#onAcked(nodeName, message));
    nodes.onChange(scope, { deleted: ({ metadata }) => void this.forget(metadata.name) });
    scope.defer(
      clock.every(INTERVAL_MS, () => {
        for (const nodeName of connectedNodes()) comparisons.add(nodeName);
        this.#forgetGoneNodes();
      }),
    );
    return Promise.resolve();
  }

  status(): ModuleStatus {
    const { lastError, size } = this.#writer;
    const queues = { unsaved: size };
    return lastError === undefined
      ? { state: 'ok', queues }
      : { state: 'degraded', detail: `what edges have acknowledged cannot be saved: ${lastError}`, queues };
  }

  /**
   * Before an object, or its deletion, is sent for the first time. Should its acknowledgement get lost, the ObjectSync still tells that the
   * edge may have it, or may not have it any more: it could be wanted there again, as a model is with the next device.
   */
  async recordDelivery(nodeName: string, message: Message): Promise<void> {
    const object = objectOf(message);
    if (object?.metadata.uid === undefined) return;
    const { uid, namespace, deletionTimestamp } = object.metadata;
    const name = formatSyncName({ nodeName, uid });
    const known = this.#recordOf(nodeName, uid);
    if (message.route.operation === 'delete') {
      if (known !== undefined && isThere(known.resourceVersion) && !this.#writer.removes(name)) await this.#doubt(name, known);
    } else if (this.#writer.removes(name)) {
      await this.#doubt(name, { namespace, spec: specOf(object) });
    } else if (deletionTimestamp === undefined && known === undefined) {
      // What is about to go has no use for it any more; a namespace that is being deleted would not take it.
      await this.#writer.ensure({ name, ...(namespace !== undefined && { namespace }) }, specOf(object));
    }
  }

  /** True when the node may have the object of this uid. */
  isRecorded(nodeName: string, uid: string): boolean {
    return this.#recordOf(nodeName, uid) !== undefined;
  }

  /** Takes a node for one that has nothing: all that it should have will be sent. Resolves when a restart would not change that. */
  async forget(nodeName: string): Promise<void> {
    const acked = [...this.#acked].filter(([name]) => parseSyncName(name).nodeName === nodeName);
    const records = new Map(acked.map(([name, { namespace }]) => [parseSyncName(name).uid, namespace]));
    for (const [uid, { metadata }] of this.#index.entriesOf(nodeName)) records.set(uid, metadata.namespace);
    await Promise.all([...records].map(([uid, namespace]) => this.#remove(nodeName, uid, namespace)));
  }

  /**
   * Takes a node for one of which nobody knows what it has: all that it should have is sent again, and what it should not have is still taken
   * away. Resolves when a restart would not change that.
   */
  async refill(nodeName: string): Promise<void> {
    const acked = [...this.#acked.keys()].map(parseSyncName).filter((name) => name.nodeName === nodeName);
    const uids = new Set([...acked.map(({ uid }) => uid), ...this.#index.entriesOf(nodeName).map(([uid]) => uid)]);
    const doubts = [...uids].map(async (uid) => {
      const name = formatSyncName({ nodeName, uid });
      const known = this.#recordOf(nodeName, uid);
      if (known !== undefined && isThere(known.resourceVersion) && !this.#writer.removes(name)) await this.#doubt(name, known);
    });
    await Promise.all(doubts);
    this.#comparisons?.add(nodeName);
  }

  /** What is known of an object at a node: in this process, else from the API. */
  #recordOf(nodeName: string, uid: string): Acked | undefined {
    const sync = this.#index.get(nodeName, uid);
    const saved = sync && {
      namespace: sync.metadata.namespace,
      spec: sync.spec,
      resourceVersion: sync.status?.objectResourceVersion ?? '',
      fingerprint: '',
    };
    return this.#acked.get(formatSyncName({ nodeName, uid })) ?? saved;
  }

  #doubt(name: string, { namespace, spec }: Pick<Acked, 'namespace' | 'spec'>): Promise<void> {
    this.#acked.set(name, { namespace, spec, resourceVersion: NEVER, fingerprint: '' });
    return new Promise((done) => {
      this.#writer.put({ name, ...(namespace !== undefined && { namespace }), saved: { spec, resourceVersion: NEVER }, done });
    });
  }

  #forgetGoneNodes(): void {
    const connected = new Set(this.#deps.connectedNodes());
    for (const nodeName of this.#index.nodes()) {
      if (!connected.has(nodeName) && this.#deps.nodes.get(nodeName) === undefined) void this.forget(nodeName);
    }
  }

  #onAcked(nodeName: string, message: Message): void {
    const object = objectOf(message);
    const { uid, namespace, resourceVersion } = object?.metadata ?? {};
    if (object === undefined || uid === undefined) return;
    const name = formatSyncName({ nodeName, uid });
    if (message.route.operation === 'delete') {
      void this.#remove(nodeName, uid, namespace);
    } else if (resourceVersion !== undefined) {
      const spec = specOf(object);
      this.#acked.set(name, { namespace, spec, resourceVersion, fingerprint: fingerprintOf(object) });
      this.#writer.put({ name, ...(namespace !== undefined && { namespace }), saved: { spec, resourceVersion } });
    }
  }

  #remove(nodeName: string, uid: string, namespace: string | undefined): Promise<void> {
    const name = formatSyncName({ nodeName, uid });
    this.#acked.delete(name);
    return new Promise((done) => {
      this.#writer.put({ name, ...(namespace !== undefined && { namespace }), done });
    });
  }

  #compare(nodeName: string): Promise<void> {
    const desired = this.#deps.desiredFor(nodeName);
    const uids = new Set(desired.map(({ object }) => object.metadata.uid));
    const paths = new Set(desired.map(({ resource, object }) => objectPath(resource, object)));
    for (const [uid, sync] of this.#index.entriesOf(nodeName)) {
      if (!uids.has(uid) && this.#deps.kinds.has(sync.spec.objectKind)) this.#dropOrphan(nodeName, uid, sync, paths);
    }
    for (const item of desired) this.#sendStale(nodeName, item);
    return Promise.resolve();
  }

  #dropOrphan(nodeName: string, uid: string, sync: ObjectSync, desiredPaths: ReadonlySet<string>): void {
    const { objectAPIVersion: apiVersion, objectKind: kind, objectName: name } = sync.spec;
    const { namespace } = sync.metadata;
    // The edge has confirmed the deletion already.
    if (this.#writer.removes(sync.metadata.name)) return;
    const path = `${namespace ?? 'null'}/${kind.toLowerCase()}/${name}`;
    // A successor of the same name replaces it at the edge; only pods have to be ended by themselves.
    if (desiredPaths.has(path) && kind !== 'Pod') {
      void this.#remove(nodeName, uid, namespace);
      return;
    }
    // With its kind, which KubeEdge's cloud leaves out: without it an edge of KubeEdge keeps the object in what its MetaServer reads.
    const content = { apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }), uid } };
    const route = { source: 'edgecontroller', group: 'resource', operation: 'delete', resource: path };
    if (this.#deps.send(nodeName, newMessage(route, content))) this.#deps.onOrphan(nodeName, { kind, namespace, name });
  }

  #sendStale(nodeName: string, item: Desired): void {
    const { uid = '', resourceVersion } = item.object.metadata;
    const known = this.#recordOf(nodeName, uid);
    const hadBefore = isThere(known?.resourceVersion);
    if (hadBefore && compareVersions(resourceVersion, known?.resourceVersion) <= 0) return;
    if (known?.fingerprint === this.#fingerprints.of(item.object)) return;
    // As KubeEdge's SyncController does: what an edge has had before is updated in EdgeController's name.
    const message = hadBefore ? objectMessage({ ...item, source: 'edgecontroller' }, 'update') : objectMessage(item, 'insert');
    this.#deps.send(nodeName, message);
  }
}

/** True for the version of an object that an edge has acknowledged. */
function isThere(resourceVersion: string | undefined): boolean {
  return resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== NEVER;
}

function objectOf({ content }: Message): KubeObject | undefined {
  if (!isRecord(content) || !isRecord(content['metadata'])) return undefined;
  return content as unknown as KubeObject;
}

function specOf({ apiVersion = '', kind = '', metadata }: KubeObject): ObjectSync['spec'] {
  return { objectAPIVersion: apiVersion, objectKind: kind, objectName: metadata.name };
}
