import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../../kernel/clock.ts';
import { messageOf } from '../../../kernel/errors.ts';
import type { Logger } from '../../../kernel/log.ts';
import type { Node, Taint } from '../../../protocol/kubernetes.ts';
import { ASK_TIMEOUT_MS, objectOf, refusal } from './ask.ts';
import type { Ask } from './ask.ts';
import type { Machine } from './machine.ts';
import { nodeObject, nodeStatus } from './node-object.ts';
import type { NodeIdentity, NodeStatus } from './node-object.ts';
import { nodeStatusPatch, stampConditions } from './node-status-patch.ts';

export interface NodeRegistrationDeps extends NodeIdentity {
  readonly ask: Ask;
  readonly machine: () => Promise<Machine>;
  readonly internalIP: () => string | undefined;
  readonly clock: Clock;
}

/** Keeps this edge's Node in the cloud: registers it, again if it was deleted, and posts its status. */
export class NodeRegistration {
  readonly #deps: NodeRegistrationDeps;
  #posted: { status: NodeStatus; at: number } | undefined;
  #uid: string | undefined;

  constructor(deps: NodeRegistrationDeps) {
    this.#deps = deps;
  }

  /** True once the cloud has confirmed a Ready status in this session. */
  get ready(): boolean {
    return this.#posted !== undefined;
  }

  /** The Node's uid, once it is known. */
  get uid(): string | undefined {
    return this.#uid;
  }

  sessionEnded(): void {
    this.#posted = undefined;
  }

  /** True when the machine differs from what was posted, or that is older than `maxAgeMs`. */
  async isDue(maxAgeMs: number): Promise<boolean> {
    // A clock that was set back must not make it wait.
    if (this.#posted === undefined || Math.abs(this.#deps.clock.now() - this.#posted.at) >= maxAgeMs) return true;
    return !isDeepStrictEqual(this.#status(await this.#deps.machine()), this.#posted.status);
  }

  /** Brings the cloud's Node up to date. @throws KedgeError when the cloud refuses or is away; call it again then */
  async sync(log: Logger): Promise<void> {
    const machine = await this.#deps.machine();
    const status = this.#status(machine);
    const wanted = nodeObject(this.#deps, machine, status);
    const node = (await this.#query()) ?? (await this.#insert(wanted));
    this.#uid = node.metadata.uid;
    await this.#patch(node, status);
    const firstOfSession = !this.ready;
    this.#posted = { status, at: this.#deps.clock.now() };
    if (firstOfSession) log.info({ node: node.metadata.name }, 'the node is ready');
    await this.#amend(node, wanted).catch((error: unknown) => {
      log.warn({ reason: messageOf(error) }, 'the cloud did not take over labels, annotations or taints of the node');
    });
  }

  #status(machine: Machine): NodeStatus {
    return nodeStatus(this.#deps.nodeName, machine, this.#deps.internalIP());
  }

  /** Up to KubeEdge 1.22 the Node travels in namespace `default`. */
  #resource(type: 'node' | 'nodepatch'): string {
    return `default/${type}/${this.#deps.nodeName}`;
  }

  async #query(): Promise<Node | undefined> {
    const answer = await this.#deps.ask({ operation: 'query', resource: this.#resource('node'), content: null, timeoutMs: ASK_TIMEOUT_MS });
    if (!answer.ok && answer.status.reason === 'NotFound') return undefined;
    return objectOf(answer, 'the query of the node');
  }

  async #insert(node: Node): Promise<Node> {
    const content = {
      ...node,
      status: { ...node.status, conditions: stampConditions(node.status?.conditions ?? [], this.#deps.clock.now()) },
    };
    const answer = await this.#deps.ask({ operation: 'insert', resource: this.#resource('node'), content, timeoutMs: ASK_TIMEOUT_MS });
    return objectOf(answer, 'the registration of the node');
  }

  async #patch(node: Node, status: NodeStatus): Promise<void> {
    // The patch travels as JSON in a string (KubeEdge wire format).
    const content = JSON.stringify(nodeStatusPatch(node.status, status, this.#deps.clock.now()));
    const answer = await this.#deps.ask({ operation: 'patch', resource: this.#resource('nodepatch'), content, timeoutMs: ASK_TIMEOUT_MS });
    if (!answer.ok) throw refusal(answer.status, 'the status of the node');
  }

  /** A Node that somebody else made lacks our labels, annotations and taint. KubeEdge's cloud merges the first two, kedge's all of them. */
  async #amend(node: Node, wanted: Node): Promise<void> {
    const { labels, annotations, name, uid } = node.metadata;
    const taints = node.spec?.taints ?? [];
    const missing = (wanted.spec?.taints ?? []).filter((taint) => !taints.some((other) => sameTaint(taint, other)));
    if (missing.length === 0 && includes(labels, wanted.metadata.labels) && includes(annotations, wanted.metadata.annotations)) return;
    const content: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        ...(uid === undefined ? {} : { uid }),
        labels: { ...labels, ...wanted.metadata.labels },
        annotations: { ...annotations, ...wanted.metadata.annotations },
      },
      spec: { taints: [...taints, ...missing] },
    };
    const answer = await this.#deps.ask({ operation: 'update', resource: this.#resource('node'), content, timeoutMs: ASK_TIMEOUT_MS });
    if (!answer.ok) throw refusal(answer.status, 'the update of the node');
  }
}

function includes(all: Record<string, string> = {}, some: Record<string, string> = {}): boolean {
  return Object.entries(some).every(([key, value]) => all[key] === value);
}

function sameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect && (a.value ?? '') === (b.value ?? '');
}
