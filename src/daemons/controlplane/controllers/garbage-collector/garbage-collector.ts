import type { Clock } from '../../../../kernel/clock.ts';
import type { Module, Scope } from '../../../../kernel/module.ts';
import { WorkQueue } from '../../../../kernel/work-queue.ts';
import type { KubeClient } from '../../../../kube/client.ts';
import { unlessMissing } from '../../../../kube/unless-missing.ts';
import { DELETE_DEPENDENTS, ORPHAN_DEPENDENTS } from '../../../../protocol/finalizers.ts';
import { RESOURCES, type ApiResource, type KubeObject } from '../../../../protocol/kubernetes.ts';
import type { Change, ObjectKey } from '../../../../store/kube-objects.ts';
import { isWaiting, keyAt, OwnerIndex, pathOf } from './owner-index.ts';
import { classify, type OwnerReference } from './owners.ts';

export interface GarbageCollectorDeps {
  readonly client: Pick<KubeClient, 'get' | 'patch' | 'delete'>;
  readonly clock: Clock;
  /** The stored objects whose JSON has one of the words in it. */
  readonly mentioning: (words: readonly string[]) => Iterable<ObjectKey & { readonly object: KubeObject }>;
  /** Hears every committed change until it is cancelled. */
  readonly subscribe: (listener: (change: Change) => void) => () => void;
  /** In one served version: the resource of a stored key, and the one of an owner's kind. */
  readonly resourceOf: (groupResource: string) => ApiResource | undefined;
  readonly resourceOfKind: (apiVersion: string, kind: string) => ApiResource | undefined;
}

const DEFINITIONS = `${RESOURCES.crd.plural}.${RESOURCES.crd.group}`;

/**
 * Deletes what has lost all its owners, and lets objects go that wait for their dependents (Kubernetes' garbage collector: background,
 * foreground and orphan deletion). What it knows of owners it hears from commits; what it decides, it decides by what is stored.
 */
export class GarbageCollector implements Module {
  readonly name = 'garbage-collector';
  readonly #deps: GarbageCollectorDeps;
  readonly #owners = new OwnerIndex();

  constructor(deps: GarbageCollectorDeps) {
    this.#deps = deps;
  }

  start(scope: Scope): Promise<void> {
    const { clock, mentioning, subscribe } = this.#deps;
    const queue = new WorkQueue(scope, (path) => this.#attempt(keyAt(path)), { clock });
    const note = (change: Parameters<OwnerIndex['note']>[0]): void => {
      if (this.#owners.note(change)) this.#concerned(change).forEach((key) => queue.add(pathOf(key)));
      // Owners of a kind that was unknown may be known now.
      if (change.resource === DEFINITIONS && change.type !== 'DELETED') this.#owners.all().forEach((key) => queue.add(pathOf(key)));
    };
    scope.defer(subscribe(note));
    for (const { object, ...key } of mentioning(['"ownerReferences"', `"${DELETE_DEPENDENTS}"`, `"${ORPHAN_DEPENDENTS}"`])) {
      note({ ...key, type: 'ADDED', object, previous: undefined });
    }
    return Promise.resolve();
  }

  /** The object itself; its dependents when it has gone; its owners, which may wait for it. */
  #concerned({ type, object, previous, ...key }: Parameters<OwnerIndex['note']>[0]): ObjectKey[] {
    const references = [...(object.metadata.ownerReferences ?? []), ...(previous?.metadata.ownerReferences ?? [])];
    const owners = references.flatMap((reference) => this.#ownerKey(reference, key.namespace) ?? []);
    return [...(type === 'DELETED' ? this.#owners.dependentsOf(object) : [key]), ...owners];
  }

  #ownerKey({ apiVersion, kind, name }: OwnerReference, namespace: string): ObjectKey | undefined {
    const resource = this.#deps.resourceOfKind(apiVersion, kind);
    if (resource === undefined) return undefined;
    const { group, plural, namespaced } = resource;
    return { resource: group === '' ? plural : `${plural}.${group}`, namespace: namespaced ? namespace : '', name };
  }

  async #attempt(key: ObjectKey): Promise<void> {
    const object = await this.#find(key);
    if (object === undefined) return;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp === undefined) await this.#collect(key, object);
    else if (finalizers.includes(ORPHAN_DEPENDENTS)) await this.#orphan(key, object);
    else if (finalizers.includes(DELETE_DEPENDENTS)) await this.#deleteDependents(key, object);
  }

  /** Deletes an object whose owners have all gone, and lets it forget those that have when another one remains. */
  async #collect(key: ObjectKey, object: KubeObject): Promise<void> {
    const references = object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const { unknown, solid, dangling, waiting } = await classify(references, (reference) => this.#owner(reference, key.namespace));
    if (unknown.length > 0) return;
    if (solid.length > 0) {
      const gone = new Set([...dangling, ...waiting].map(({ uid }) => uid));
      if (gone.size > 0) await this.#keepOwners(key, object, (reference) => !gone.has(reference.uid));
    } else if (waiting.length > 0 && this.#owners.hasDependents(object)) {
      await this.#delete(key, await this.#unblock(key, object), 'Foreground');
    } else {
      await this.#delete(key, object, policyOf(object));
    }
  }

  /** What is stored under the owner's name; undefined when nothing is, 'unknown' when nobody can tell. */
  async #owner(reference: OwnerReference, namespace: string): Promise<KubeObject | 'unknown' | undefined> {
    const resource = this.#deps.resourceOfKind(reference.apiVersion, reference.kind);
    // An object of cluster scope cannot have an owner in a namespace: which one would it be in?
    if (resource === undefined || (resource.namespaced && namespace === '')) return 'unknown';
    return unlessMissing(this.#deps.client.get(resource, reference.name, resource.namespaced ? namespace : undefined));
  }

  /** Lets the dependents forget this owner, then lets it go. */
  async #orphan(key: ObjectKey, object: KubeObject): Promise<void> {
    for (const dependent of this.#owners.dependentsOf(object)) {
      const found = await this.#find(dependent);
      if (found !== undefined) await this.#keepOwners(dependent, found, ({ uid }) => uid !== object.metadata.uid);
    }
    await this.#release(key, object, ORPHAN_DEPENDENTS);
  }

  /** Objects that own each other in a circle must not wait for each other for ever: this one no longer holds its owners up. */
  async #unblock(key: ObjectKey, object: KubeObject): Promise<KubeObject> {
    const dependents = await Promise.all(this.#owners.dependentsOf(object).map((dependent) => this.#find(dependent)));
    if (!dependents.some((dependent) => dependent !== undefined && isWaiting(dependent))) return object;
    const ownerReferences = object.metadata.ownerReferences?.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
    return (await this.#patch(key, object, { ownerReferences })) ?? object;
  }

  /** Deletes the dependents; the owner goes when none is left that blocks its deletion. */
  async #deleteDependents(key: ObjectKey, object: KubeObject): Promise<void> {
    let blocking = 0;
    for (const dependent of this.#owners.dependentsOf(object)) {
      const found = await this.#find(dependent);
      const reference = found?.metadata.ownerReferences?.find(({ uid }) => uid === object.metadata.uid);
      if (found === undefined || reference === undefined) continue;
      if (reference.blockOwnerDeletion === true) blocking += 1;
      if (found.metadata.deletionTimestamp === undefined) await this.#collect(dependent, found);
    }
    if (blocking === 0) await this.#release(key, object, DELETE_DEPENDENTS);
  }

  async #keepOwners(key: ObjectKey, object: KubeObject, keeps: (reference: OwnerReference) => boolean): Promise<void> {
    const kept = object.metadata.ownerReferences?.filter(keeps) ?? [];
    await this.#patch(key, object, { ownerReferences: kept.length === 0 ? null : kept });
  }

  async #release(key: ObjectKey, object: KubeObject, finalizer: string): Promise<void> {
    const finalizers = object.metadata.finalizers?.filter((name) => name !== finalizer);
    await this.#patch(key, object, { finalizers });
  }

  /** Of exactly this object as it was read; if it has changed, the work is tried again. */
  async #patch(key: ObjectKey, { metadata: { uid, resourceVersion } }: KubeObject, metadata: object): Promise<KubeObject | undefined> {
    const resource = this.#deps.resourceOf(key.resource);
    if (resource === undefined) return undefined;
    const patch = { metadata: { ...metadata, uid, resourceVersion } };
    return unlessMissing(this.#deps.client.patch(resource, key, patch, 'merge'));
  }

  /** As #patch: somebody may have given it an owner, or taken the lost one from it, meanwhile. */
  async #delete(
    key: ObjectKey,
    { metadata: { uid, resourceVersion } }: KubeObject,
    propagationPolicy: 'Background' | 'Foreground' | 'Orphan',
  ): Promise<void> {
    const resource = this.#deps.resourceOf(key.resource);
    if (resource === undefined) return;
    const preconditions = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) };
    const options = { propagationPolicy, preconditions };
    await unlessMissing(this.#deps.client.delete(resource, key.name, key.namespace, options));
  }

  async #find({ resource: groupResource, namespace, name }: ObjectKey): Promise<KubeObject | undefined> {
    const resource = this.#deps.resourceOf(groupResource);
    return resource === undefined ? undefined : unlessMissing(this.#deps.client.get(resource, name, namespace));
  }
}

/** What the object's own finalizers ask for. */
function policyOf({ metadata: { finalizers = [] } }: KubeObject): 'Background' | 'Foreground' | 'Orphan' {
  if (finalizers.includes(ORPHAN_DEPENDENTS)) return 'Orphan';
  return finalizers.includes(DELETE_DEPENDENTS) ? 'Foreground' : 'Background';
}
