import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import { silentLogger } from '../../../kernel/log.ts';
import type { Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import { isAlreadyExists, isNotFound, isRejected } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { ApiResource, ObjectSync } from '../../../protocol/kubernetes.ts';

/** An ObjectSync as it should be in the API; without a version it should not be there. */
export interface WantedSync {
  readonly name: string;
  /** Absent for a ClusterObjectSync. */
  readonly namespace?: string;
  readonly saved?: { readonly spec: ObjectSync['spec']; readonly resourceVersion: string };
  /** Called once the API has it, or something newer is wanted. */
  readonly done?: () => void;
}

/** Writes at the same time, which the embedded control plane commits together: what an edge acknowledges is not held up by the disk. */
const CONCURRENCY = 32;

/** Writes ObjectSyncs: of each the last wanted state, one write at a time, again and again until the API has taken it. */
export class SyncWriter {
  readonly #kube: KubeClient;
  readonly #clock: Clock;
  readonly #wanted = new Map<string, WantedSync>();
  #queue: WorkQueue | undefined;
  #log: Logger = silentLogger;

  constructor(kube: KubeClient, clock: Clock) {
    this.#kube = kube;
    this.#clock = clock;
  }

  start(scope: Scope): void {
    this.#log = scope.log;
    this.#queue = new WorkQueue(scope, (name) => this.#write(name), { concurrency: CONCURRENCY, clock: this.#clock });
  }

  /** Writes not yet done. */
  get size(): number {
    return this.#wanted.size;
  }

  /** Why a write is being tried again. */
  get lastError(): string | undefined {
    return this.#queue?.lastError;
  }

  /** True while an ObjectSync is about to be removed. */
  removes(name: string): boolean {
    const wanted = this.#wanted.get(name);
    return wanted !== undefined && wanted.saved === undefined;
  }

  put(wanted: WantedSync): void {
    this.#wanted.get(wanted.name)?.done?.();
    this.#wanted.set(wanted.name, wanted);
    this.#queue?.add(wanted.name);
  }

  /** Makes sure that there is an ObjectSync, without saying that anything was acknowledged. */
  async ensure({ name, namespace }: WantedSync, spec: ObjectSync['spec']): Promise<void> {
    try {
      const metadata = { name, ...(namespace !== undefined && { namespace }) };
      await this.#kube.create<ObjectSync>(resourceOf(namespace), { metadata, spec }, namespace);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }

  async #write(name: string): Promise<void> {
    const wanted = this.#wanted.get(name);
    if (wanted === undefined) return;
    try {
      if (wanted.saved === undefined) await this.#delete(wanted);
      else await this.#save(wanted, wanted.saved);
    } catch (error) {
      // Not even its namespace is there any more, or the API does not want it. What is not saved is sent again after a restart.
      if (!isNotFound(error) && !isRejected(error)) throw error;
      this.#log.warn({ sync: name, err: error }, 'an ObjectSync cannot be saved and is given up');
    }
    wanted.done?.();
    if (this.#wanted.get(name) === wanted) this.#wanted.delete(name);
  }

  async #save(wanted: WantedSync, { spec, resourceVersion }: NonNullable<WantedSync['saved']>): Promise<void> {
    try {
      await this.#patchStatus(wanted, resourceVersion);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await this.ensure(wanted, spec);
      await this.#patchStatus(wanted, resourceVersion);
    }
  }

  async #patchStatus({ name, namespace }: WantedSync, objectResourceVersion: string): Promise<void> {
    const target = { name, ...(namespace !== undefined && { namespace }), subresource: 'status' } as const;
    await this.#kube.patch(resourceOf(namespace), target, { status: { objectResourceVersion } }, 'merge');
  }

  async #delete({ name, namespace }: WantedSync): Promise<void> {
    await unlessMissing(this.#kube.delete(resourceOf(namespace), name, namespace));
  }
}

function resourceOf(namespace: string | undefined): ApiResource {
  return namespace === undefined ? RESOURCES.clusterObjectSync : RESOURCES.objectSync;
}
