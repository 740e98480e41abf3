import { isConflict, isNotFound } from '../../../kube/api-error.ts';
import { Informer } from '../../../kube/informer.ts';
import type { KubeClient } from '../../../kube/client.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import { LEASE_NAMESPACE, RESOURCES, type Lease, type Node } from '../../../protocol/kubernetes.ts';
import { hear, silentConditions, type NodeHealth } from './node-health.ts';
import { wantedTaints } from './node-taints.ts';

export interface NodeLifecycleDeps {
  readonly client: Pick<KubeClient, 'list' | 'watch' | 'patch' | 'delete'>;
  readonly clock: Clock;
  /** How long a node may be silent before it is Unknown. */
  readonly nodeMonitorGracePeriodSeconds: number;
}

/** Looks this many times per grace period: every 5 s for 40 s, as Kubernetes does. */
const LOOKS_PER_PERIOD = 8;

/**
 * Marks nodes Unknown whose Lease and status heartbeats both stopped, and taints nodes by their conditions; the Lease goes with its
 * Node. The time of a heartbeat is the time at which this controller saw it change, as in Kubernetes.
 */
export class NodeLifecycleController implements Module {
  readonly name = 'node-lifecycle-controller';
  readonly #deps: NodeLifecycleDeps;
  readonly #health = new Map<string, NodeHealth>();
  readonly #nodes: Informer<Node>;
  readonly #leases: Informer<Lease>;

  constructor(deps: NodeLifecycleDeps) {
    this.#deps = deps;
    const { client, clock } = deps;
    this.#nodes = new Informer<Node>({ client, resource: RESOURCES.node, clock });
    this.#leases = new Informer<Lease>({ client, resource: RESOURCES.lease, namespace: LEASE_NAMESPACE, clock });
  }

  async start(scope: Scope): Promise<void> {
    const { clock, nodeMonitorGracePeriodSeconds } = this.#deps;
    const queue = new WorkQueue(scope, (name) => this.#reconcile(name), { clock });
    await this.#leases.start(scope);
    await this.#nodes.start(scope);
    const onNode = (node: Node): void => {
      this.#hear(node.metadata.name);
      queue.add(node.metadata.name);
    };
    this.#nodes.onChange(scope, {
      added: onNode,
      updated: (_, node) => onNode(node),
      deleted: ({ metadata }) => {
        this.#health.delete(metadata.name);
        queue.add(metadata.name);
      },
    });
    this.#leases.onChange(scope, {
      added: ({ metadata }) => this.#hear(metadata.name),
      updated: (_, { metadata }) => this.#hear(metadata.name),
    });
    const look = (): void => {
      for (const node of this.#nodes.list()) if (this.#isSilent(node)) queue.add(node.metadata.name);
    };
    scope.defer(clock.every((nodeMonitorGracePeriodSeconds * 1000) / LOOKS_PER_PERIOD, look));
  }

  status(): ModuleStatus {
    const silent = this.#nodes.list().filter((node) => this.#isSilent(node)).length;
    return { state: 'ok', facts: { nodes: this.#nodes.list().length, silent } };
  }

  #hear(name: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    const lease = this.#leases.get(`${LEASE_NAMESPACE}/${name}`);
    this.#health.set(name, hear(node, lease, this.#health.get(name), this.#deps.clock.elapsed()));
  }

  #isSilent({ metadata }: Node): boolean {
    const { clock, nodeMonitorGracePeriodSeconds } = this.#deps;
    const heardAt = this.#health.get(metadata.name)?.heardAt ?? clock.elapsed();
    return clock.elapsed() - heardAt > nodeMonitorGracePeriodSeconds * 1000;
  }

  /** One change at a time: what it writes comes back as the next one. */
  async #reconcile(name: string): Promise<void> {
    const node = this.#nodes.get(name);
    if (node === undefined) return this.#dropLease(name);
    const now = `${new Date(this.#deps.clock.now()).toISOString().slice(0, 19)}Z`;
    const conditions = this.#isSilent(node) ? silentConditions(node, now) : [];
    // With the resourceVersion that was looked at, so that a heartbeat which comes in between wins.
    const { resourceVersion } = node.metadata;
    const metadata = { resourceVersion };
    if (conditions.length > 0) return this.#patch({ name, subresource: 'status' }, { metadata, status: { conditions } });
    const taints = wantedTaints(node, now);
    if (taints !== undefined) await this.#patch({ name }, { metadata, spec: { taints } });
  }

  /** A Node owns its Lease, and there is no other collector of what is left of it. */
  async #dropLease(name: string): Promise<void> {
    const { uid, ownerReferences = [] } = this.#leases.get(`${LEASE_NAMESPACE}/${name}`)?.metadata ?? {};
    if (uid === undefined || !ownerReferences.some(({ kind }) => kind === RESOURCES.node.kind)) return;
    await this.#deps.client.delete(RESOURCES.lease, name, LEASE_NAMESPACE, { preconditions: { uid } }).catch((error: unknown) => {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    });
  }

  async #patch(target: { name: string; subresource?: 'status' }, patch: object): Promise<void> {
    const type = target.subresource === 'status' ? 'strategic' : 'merge';
    await this.#deps.client.patch(RESOURCES.node, target, patch, type).catch((error: unknown) => {
      // Somebody else was faster: the informer brings what they wrote, and the node is looked at again.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    });
  }
}
