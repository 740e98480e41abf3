import type { Bus } from '../../../kernel/bus.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { KedgeError } from '../../../kernel/errors.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import type { ResourcePath } from '../../../protocol/resource.ts';
import type { EdgeEvents } from '../events.ts';
import type { Ask } from './ask.ts';
import { readMachine } from './machine.ts';
import type { Machine } from './machine.ts';
import { NodeLease } from './node-lease.ts';
import { NodeRegistration } from './node-registration.ts';
import { PodDeletions } from './pod-deletions.ts';

export interface EdgedOptions {
  readonly nodeName: string;
  /** kedge's own version. */
  readonly version: string;
  /** The Node's InternalIP; absent: the address of the route to the cloud. */
  readonly nodeIP?: string;
  readonly nodeStatusUpdateSeconds: number;
  readonly leaseDurationSeconds: number;
  /** A folder on the file system that the Node's ephemeral storage tells of. */
  readonly dataFolder: string;
}

export interface EdgedDeps {
  readonly bus: Bus<EdgeEvents>;
  readonly clock: Clock;
  readonly ask: Ask;
  readonly isConnected: () => boolean;
  readonly localAddress: () => string | undefined;
  readonly getObject: (path: ResourcePath) => KubeObject | undefined;
  readonly listObjects: (type: string) => KubeObject[];
  /** What the Node tells of the machine; absent: this one as it is. */
  readonly machine?: () => Promise<Machine>;
}

type Work = 'node' | 'lease';

const LONGEST_RETRY_MS = 5_000;
const RENEWALS_PER_LEASE = 4;

/** The kubelet's part at the edge, without a container runtime: the Node, its lease, and the end of pods. */
export class Edged implements Module {
  readonly name = 'edged';
  readonly #options: EdgedOptions;
  readonly #deps: EdgedDeps;
  readonly #node: NodeRegistration;
  readonly #lease: NodeLease;
  #renewedAt: number | undefined;

  constructor(options: EdgedOptions, deps: EdgedDeps) {
    this.#options = options;
    this.#deps = deps;
    const { nodeName, version, leaseDurationSeconds, dataFolder } = options;
    const { ask, clock } = deps;
    this.#node = new NodeRegistration({
      nodeName,
      version,
      ask,
      clock,
      machine: deps.machine ?? (() => readMachine(dataFolder)),
      internalIP: () => options.nodeIP ?? deps.localAddress(),
    });
    this.#lease = new NodeLease({ nodeName, leaseDurationSeconds, ask, clock });
  }

  start(scope: Scope): Promise<void> {
    const { bus, clock } = this.#deps;
    const queue: WorkQueue<Work> = new WorkQueue<Work>(scope, (work) => this.#work(work, scope, queue), {
      concurrency: 2,
      maxMs: LONGEST_RETRY_MS,
      clock,
    });
    const pods = new PodDeletions(this.#deps, scope);
    bus.on(scope, 'cloudConnected', () => {
      queue.add('node');
      queue.add('lease');
      pods.considerAll();
    });
    bus.on(scope, 'cloudDisconnected', () => {
      this.#node.sessionEnded();
    });
    bus.on(scope, 'objectStored', ({ type, object }) => {
      if (type === 'pod') pods.consider(object);
    });
    bus.on(scope, 'objectDeleted', ({ type, name }) => {
      if (type === 'node' && name === this.#options.nodeName) queue.add('node');
    });
    const tick = (): void => {
      queue.add('lease');
      void this.#whenDue(scope, queue);
    };
    scope.defer(clock.every(this.#renewalMs, tick));
    return Promise.resolve();
  }

  status(): ModuleStatus {
    const nodeReady = this.#deps.isConnected() && this.#node.ready;
    const facts = { nodeName: this.#options.nodeName, nodeReady, runtime: 'none' };
    if (nodeReady) return { state: 'ok', detail: `node ${this.#options.nodeName} is ready`, facts };
    return { state: 'degraded', detail: `node ${this.#options.nodeName} is not ready: the cloud has not confirmed its status`, facts };
  }

  get #renewalMs(): number {
    return (this.#options.leaseDurationSeconds * 1000) / RENEWALS_PER_LEASE;
  }

  async #work(work: Work, scope: Scope, queue: WorkQueue<Work>): Promise<void> {
    if (!this.#deps.isConnected()) return;
    if (work === 'lease') await this.#renew(queue);
    else {
      const { uid } = this.#node;
      await this.#node.sync(scope.log);
      if (this.#node.uid !== uid) queue.add('lease');
    }
  }

  async #renew(queue: WorkQueue<Work>): Promise<void> {
    const { uid } = this.#node;
    if (uid === undefined) return;
    try {
      await this.#lease.renew(uid);
    } catch (error) {
      // A lease goes with its Node.
      if (error instanceof KedgeError && error.code === 'NOT_FOUND') queue.add('node');
      throw error;
    }
    const now = this.#deps.clock.now();
    // So late that the control plane may have given the node up: its status is no longer what was posted.
    if (this.#renewedAt !== undefined && now - this.#renewedAt > 2 * this.#renewalMs) queue.add('node');
    this.#renewedAt = now;
  }

  async #whenDue(scope: Scope, queue: WorkQueue<Work>): Promise<void> {
    try {
      if (this.#deps.isConnected() && (await this.#node.isDue(this.#options.nodeStatusUpdateSeconds * 1000))) queue.add('node');
    } catch (error) {
      scope.log.error({ err: error }, 'the machine cannot be read');
    }
  }
}
