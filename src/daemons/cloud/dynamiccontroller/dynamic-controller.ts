import type { Logger } from '../../../kernel/log.ts';
import { silentLogger } from '../../../kernel/log.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import type { Status } from '../../../protocol/kubernetes.ts';
import { contentObject, isRecord, newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';

export interface DynamicControllerDeps {
  readonly send: (nodeName: string, message: Message) => void;
}

/** What an Application (Go's field names) asks; it comes back with the answer. */
const ASKED = ['ID', 'Key', 'Verb', 'Nodename', 'Option', 'ReqBody', 'Subresource', 'Timestamp'] as const;
const WATCH_SYNC = 'watchapp/sync';
/** Watches that one message may name. */
const MAX_APPLICATIONS = 1_000;

/**
 * Answers the MetaServers of KubeEdge's edges: this cloud serves none of their requests yet, so each is rejected at once, with an error in
 * the form of the Kubernetes API. For reads the edge then turns to its own copy, as it does without a cloud, and need not wait 10 s for it
 * (KubeEdge wire format, dynamiccontroller).
 */
export class DynamicController implements Module {
  readonly name = 'dynamiccontroller';
  readonly #deps: DynamicControllerDeps;
  #log: Logger = silentLogger;
  #rejected = 0;

  constructor(deps: DynamicControllerDeps) {
    this.#deps = deps;
  }

  start(scope: Scope): Promise<void> {
    this.#log = scope.log;
    return Promise.resolve();
  }

  status(): ModuleStatus {
    return { state: 'ok', facts: { rejected: this.#rejected } };
  }

  /** One message of a node's MetaServer. */
  receive(nodeName: string, message: Message): Promise<void> {
    const { resource = '' } = message.route;
    const content = contentObject(message);
    if (resource.endsWith(WATCH_SYNC)) this.#answer(nodeName, message, resource, this.#rejectAll(nodeName, content ?? {}));
    else this.#answer(nodeName, message, 'ignore/Application/ignore', this.#reject(nodeName, content));
    return Promise.resolve();
  }

  /** Of the watches that the edge still has, those that failed: all. */
  #rejectAll(nodeName: string, applications: Record<string, unknown>): Record<string, unknown> {
    const entries = Object.entries(applications).slice(0, MAX_APPLICATIONS);
    return Object.fromEntries(entries.map(([id, application]) => [id, this.#reject(nodeName, application)]));
  }

  #reject(nodeName: string, application: unknown): Record<string, unknown> {
    this.#rejected += 1;
    if (!isRecord(application)) {
      this.#log.warn({ node: nodeName }, 'a message of a MetaServer holds no Application');
      return {
        ...EMPTY,
        Nodename: nodeName,
        Status: 'Rejected',
        Reason: 'failed to translate msg to Application: the content is not an object',
      };
    }
    const asked = Object.fromEntries(
      ASKED.filter((field) => typeof application[field] === 'string').map((field) => [field, application[field]]),
    );
    const { Nodename: claimed = nodeName } = asked;
    const { Key: key, Verb: verb } = asked;
    if (claimed !== nodeName) {
      this.#log.warn({ node: nodeName, claimed, key, verb }, 'an edge was refused what is not its own');
      return { ...EMPTY, ...asked, Status: 'Rejected', Reason: `node name "${String(claimed)}" is not allowed` };
    }
    this.#log.debug({ node: nodeName, key, verb }, 'a request of a MetaServer was rejected: it is answered from what the edge has');
    return { ...EMPTY, ...asked, Nodename: nodeName, Status: 'Rejected', Error: { ErrStatus: NOT_SERVED } };
  }

  #answer(nodeName: string, message: Message, resource: string, content: unknown): void {
    const route = { source: 'dynamiccontroller', group: 'resource', operation: 'applicationResponse', resource };
    this.#deps.send(nodeName, newMessage(route, content, { parentId: message.header.msg_id }));
  }
}

/** Go's zero values, which its decoder wants where it reads times and errors. */
const EMPTY = { RespBody: null, Reason: '', Error: { ErrStatus: { metadata: {} } }, Timestamp: '0001-01-01T00:00:00Z' };

const NOT_SERVED: Status = {
  metadata: {},
  status: 'Failure',
  message: 'the DynamicController of this cloud serves no requests',
  reason: 'ServiceUnavailable',
  code: 503,
};
