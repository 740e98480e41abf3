import { KedgeError } from '../../../kernel/errors.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import { ApiError, isForbidden } from '../../../kube/api-error.ts';
import { isObjectName } from '../../../protocol/kube-object.ts';
import { isRecord, newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { parseResource } from '../../../protocol/resource.ts';
import { failureContent, refusal, successContent } from './answers.ts';
import type { AnswerForm } from './answers.ts';
import type { NodeRequestsDeps } from './node-requests.ts';
import type { PodIndex } from '../../../kube/pod-index.ts';
import { SerialWork } from './serial-work.ts';
import type { UpstreamRequest } from './upstream-request.ts';
import { servedRequests } from './served-requests.ts';
import { WriteBudget } from './write-budget.ts';
import type { Served } from './served-requests.ts';

export interface UpstreamDeps extends NodeRequestsDeps {
  readonly send: (nodeName: string, message: Message) => void;
  /** What pods are bound to the node, and what they refer to. */
  readonly index: PodIndex;
  readonly clock: Clock;
}

/** Types whose answers carry the object's resourceVersion in the header, as KubeEdge's do. */
const VERSIONED = new Set([
  ...['nodepatch', 'podpatch', 'configmap', 'secret', 'node'],
  ...['persistentvolume', 'persistentvolumeclaim', 'volumeattachment', 'certificatesigningrequest'],
]);
/** Failures that belong to the ordinary life of an edge. */
const USUAL = new Set([404, 409]);

/**
 * Carries out what edges ask of the Kubernetes API, each for itself alone: its own Node and Lease, its pods' status, and what its
 * pods refer to (KubeEdge wire format, EdgeController edge to cloud).
 */
export class Upstream {
  readonly #deps: UpstreamDeps;
  readonly #serial = new SerialWork();
  readonly #served: ReadonlyMap<string, Served>;
  readonly #budget: WriteBudget;

  constructor(deps: UpstreamDeps) {
    this.#deps = deps;
    this.#budget = new WriteBudget(deps.clock);
    this.#served = new Map(Object.entries(servedRequests(deps)));
  }

  /** Handles one message and answers it. Messages of one node about one thing are handled in order. */
  async receive(nodeName: string, message: Message, log: Logger): Promise<void> {
    const { resource = '', operation = '' } = message.route;
    const path = parseUpstream(resource);
    if (path === undefined) {
      log.warn({ node: nodeName, resource, operation }, 'a message about no known kind of resource was ignored');
      return;
    }
    const { type } = path;
    const served = this.#served.get(`${type} ${operation}`) ?? unsupported(type, operation);
    const content = await this.#serial
      .run(`${nodeName} ${resource}`, async () => {
        if (served.accumulates === true) this.#budget.spend(nodeName, message.content);
        const result = await served.serve({ nodeName, ...path, message });
        return successContent(served.form, result, served.resource);
      })
      .catch((error: unknown) => {
        report(log, { node: nodeName, resource, operation }, error);
        // KubeEdge leaves updates of a Node that fail without an answer.
        return operation === 'update' && served.form === 'plain' && !isForbidden(error) ? undefined : failureContent(served.form, error);
      });
    if (served.form !== 'none' && content !== undefined) this.#answer(nodeName, message, type, content);
  }

  #answer(nodeName: string, message: Message, type: string, content: unknown): void {
    const { resource = '', operation } = message.route;
    const answered = type === 'nodestatus' ? resource.replace('/nodestatus/', '/node/') : resource;
    const version = VERSIONED.has(type) && operation !== 'insert' ? versionOf(content) : undefined;
    this.#deps.send(
      nodeName,
      newMessage({ source: 'edgecontroller', group: 'resource', operation: 'response', resource: answered }, content, {
        parentId: message.header.msg_id,
        ...(version === undefined ? {} : { resourceVersion: version }),
      }),
    );
  }
}

/** `{namespace}/{type}/{name}`, KubeEdge's old list form `{namespace}/podstatus`, or a request whose name is to be generated; undefined for what can be no object's name. */
function parseUpstream(resource: string): (Pick<UpstreamRequest, 'namespace' | 'name'> & { type: string }) | undefined {
  const [namespace = '', type = '', ...more] = resource.split('/');
  if (!isObjectName(namespace)) return undefined;
  if (more.length === 0 && type === 'podstatus') return { namespace, type, name: '' };
  if (more.length === 1 && more[0] === '' && type === 'certificatesigningrequest') return { namespace, type, name: '' };
  const path = parseResource(resource);
  return path !== undefined && isObjectName(path.name) ? path : undefined;
}

/** An edge that waits for an answer gets one, in the form that it expects. */
function unsupported(type: string, operation: string): Served {
  const forms: Readonly<Record<string, AnswerForm>> = { query: 'object', insert: 'wrapped', patch: 'wrapped', delete: 'plain' };
  const serve = (): Promise<never> => Promise.reject(refusal(404, 'NotFound', `this cloud does not serve ${operation} of ${type}`));
  return { form: Object.hasOwn(forms, operation) ? (forms[operation] ?? 'none') : 'none', serve };
}

function report(log: Logger, request: { node: string; resource: string; operation: string }, error: unknown): void {
  if (isForbidden(error)) log.warn({ ...request, reason: error.message }, 'an edge was refused what is not its own');
  else if (error instanceof ApiError && USUAL.has(error.code))
    log.debug({ ...request, reason: error.message }, 'a request of an edge failed');
  else if (error instanceof ApiError || error instanceof KedgeError)
    log.warn({ ...request, reason: error.message }, 'a request of an edge failed');
  else log.warn({ ...request, err: error }, 'a request of an edge failed');
}

function versionOf(content: unknown): string | undefined {
  const { Object: wrapped, ...bare } = isRecord(content) ? content : {};
  const { metadata } = (isRecord(wrapped) ? wrapped : bare) as { metadata?: { resourceVersion?: string } };
  return metadata?.resourceVersion;
}
