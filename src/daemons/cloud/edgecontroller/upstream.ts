import type { Logger } from '../../../kernel/log.ts';
import { isForbidden } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { isRecord, newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { parseResource } from '../../../protocol/resource.ts';
import { bareObject, errStatus, objectResp, refusal } from './answers.ts';
import { NodeRequests } from './node-requests.ts';
import { PodRequests } from './pod-requests.ts';
import { SerialWork } from './serial-work.ts';
import type { UpstreamRequest } from './upstream-request.ts';

export interface UpstreamDeps {
  readonly kube: KubeClient;
  readonly send: (nodeName: string, message: Message) => void;
  /** True when a pod on the node refers to this ConfigMap or Secret (`namespace/name`). */
  readonly mayRead: (nodeName: string, kind: 'configMaps' | 'secrets', key: string) => boolean;
  /** This cloud's address as the node reaches it. */
  readonly cloudAddress: (nodeName: string) => string | undefined;
}

/** What is answered; undefined for no answer. */
type Handler = (request: UpstreamRequest) => Promise<unknown>;

/** Types whose answers carry the object's resourceVersion in the header, as KubeEdge's do. */
const VERSIONED = new Set(['nodepatch', 'podpatch', 'configmap', 'secret', 'node']);

/**
 * Carries out what edges ask of the Kubernetes API, each for itself alone: its own Node and Lease, its pods' status, and what its
 * pods refer to (KubeEdge wire format, EdgeController edge to cloud).
 */
export class Upstream {
  readonly #deps: UpstreamDeps;
  readonly #serial = new SerialWork();
  readonly #handlers: Readonly<Record<string, Handler>>;

  constructor(deps: UpstreamDeps) {
    this.#deps = deps;
    const nodes = new NodeRequests(deps.kube, deps.cloudAddress);
    const pods = new PodRequests(deps.kube, deps.send);
    this.#handlers = {
      'node insert': (request) => objectResp(() => nodes.insert(request)),
      'node query': (request) => bareObject(RESOURCES.node, () => nodes.query(request)),
      'node update': (request) => nodes.update(request),
      'nodepatch patch': (request) => objectResp(() => nodes.patchStatus(request)),
      'nodestatus insert': (request) => nodes.oldStatus(request),
      'nodestatus update': (request) => nodes.oldStatus(request),
      'lease insert': (request) => objectResp(() => nodes.insertLease(request)),
      'lease update': (request) => objectResp(() => nodes.updateLease(request)),
      'lease query': (request) => objectResp(() => nodes.queryLease(request)),
      'podpatch patch': (request) => objectResp(() => pods.patchStatus(request)),
      'pod insert': (request) => objectResp(() => pods.insertMirror(request)),
      'pod delete': (request) => pods.delete(request),
      'podstatus update': (request) => pods.oldStatus(request),
      'configmap query': (request) => bareObject(RESOURCES.configMap, () => this.#read(request, 'configMaps')),
      'secret query': (request) => bareObject(RESOURCES.secret, () => this.#read(request, 'secrets')),
    };
  }

  /** Handles one message and answers it. Messages of one node about one thing are handled in order. */
  async receive(nodeName: string, message: Message, log: Logger): Promise<void> {
    const { resource = '', operation = '' } = message.route;
    const path = parseUpstream(resource);
    if (path === undefined) {
      log.warn({ node: nodeName, resource, operation }, 'a message about no known kind of resource was ignored');
      return;
    }
    const { namespace, type, name } = path;
    const request = { nodeName, namespace, name, message };
    const handler = this.#handlers[`${type} ${operation}`] ?? unsupported(type, operation);
    const content = await this.#serial
      .run(`${nodeName} ${resource}`, () => handler(request))
      .catch((error: unknown) => {
        log.warn({ node: nodeName, resource, operation, err: error }, 'a request of an edge failed');
        // KubeEdge leaves updates of a Node that fail without an answer.
        return operation === 'update' && !isForbidden(error) ? undefined : errStatus(error);
      });
    if (content === undefined) return;
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

  async #read({ nodeName, namespace, name }: UpstreamRequest, kind: 'configMaps' | 'secrets'): Promise<KubeObject> {
    const resource = kind === 'configMaps' ? RESOURCES.configMap : RESOURCES.secret;
    if (!this.#deps.mayRead(nodeName, kind, `${namespace}/${name}`)) {
      const what = `${resource.plural} "${name}" is forbidden`;
      throw refusal(403, 'Forbidden', `${what}: no pod on node ${nodeName} refers to it in namespace ${namespace}`);
    }
    return this.#deps.kube.get(resource, name, namespace);
  }
}

/** `{namespace}/{type}/{name}`, or KubeEdge's old list form `{namespace}/podstatus`. */
function parseUpstream(resource: string): { namespace: string; type: string; name: string } | undefined {
  const [namespace = '', type = '', ...more] = resource.split('/');
  if (more.length === 0 && type === 'podstatus' && namespace !== '') return { namespace, type, name: '' };
  return parseResource(resource);
}

/** An edge that waits for an answer gets one, in the form that it expects. */
function unsupported(type: string, operation: string): Handler {
  const error = (): Error => refusal(404, 'NotFound', `this cloud does not serve ${operation} of ${type}`);
  if (operation === 'query' && type !== 'certificatesigningrequest') return () => Promise.resolve(errStatus(error()));
  if (type === 'event' || !['query', 'insert', 'patch', 'delete'].includes(operation)) return () => Promise.resolve(undefined);
  return () => objectResp(() => Promise.reject(error()));
}

function versionOf(content: unknown): string | undefined {
  const { Object: wrapped, ...bare } = isRecord(content) ? content : {};
  const { metadata } = (isRecord(wrapped) ? wrapped : bare) as { metadata?: { resourceVersion?: string } };
  return metadata?.resourceVersion;
}
