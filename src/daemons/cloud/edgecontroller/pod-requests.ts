import { isConflict, isNotFound } from '../../../kube/api-error.ts';
import type { DeleteOptions, KubeClient } from '../../../kube/client.ts';
import { parseJson } from '../../../protocol/json.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeObject, Pod } from '../../../protocol/kubernetes.ts';
import { contentObject, isRecord, newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { objectIn, refusal } from './answers.ts';
import { MIRROR_ANNOTATION, referencesOf } from '../../../protocol/pod-references.ts';
import type { UpstreamRequest } from './upstream-request.ts';

/** What an edge may do with the pods that are bound to it, and with no others. */
export class PodRequests {
  readonly #kube: KubeClient;
  readonly #send: (nodeName: string, message: Message) => void;

  constructor(kube: KubeClient, send: (nodeName: string, message: Message) => void) {
    this.#kube = kube;
    this.#send = send;
  }

  /** Only status travels; a uid makes it fail with Conflict when the pod is another one by now. */
  async patchStatus(request: UpstreamRequest): Promise<KubeObject> {
    const { metadata, status = {} } = objectIn(request.message);
    const uid = isRecord(metadata) && typeof metadata['uid'] === 'string' ? metadata['uid'] : undefined;
    const own = await this.#own(request, request.name);
    return this.#patch(request.namespace, request.name, uid ?? own, status);
  }

  /** The object that stands for a static pod of the edge; as with Kubernetes' NodeRestriction it may not refer to anything, nor be owned. */
  insertMirror({ nodeName, namespace, name, message }: UpstreamRequest): Promise<KubeObject> {
    const object = objectIn(message);
    if (!isRecord(object['metadata'])) throw refusal(422, 'Invalid', 'the pod has no metadata');
    const pod = object as unknown as Pod;
    if (pod.metadata.name !== name) throw refusal(422, 'Invalid', 'metadata.name is not the name in the resource');
    const { annotations, ownerReferences = [] } = pod.metadata;
    const references = Object.values(referencesOf({ ...pod, metadata: { name, namespace } })) as ReadonlySet<string>[];
    const isOwn = annotations?.[MIRROR_ANNOTATION] !== undefined && pod.spec?.nodeName === nodeName;
    const isFree =
      references.every(({ size }) => size === 0) && ownerReferences.every((owner) => owner.kind === 'Node' && owner.name === nodeName);
    if (!isOwn || !isFree) {
      throw refusal(403, 'Forbidden', `node ${nodeName} may create mirror pods of its own only, and they may refer to nothing`);
    }
    return this.#kube.create(RESOURCES.pod, pod, namespace);
  }

  /** The edge's last word about a pod: it has ended there. */
  async delete(request: UpstreamRequest): Promise<string> {
    try {
      const uid = await this.#own(request, request.name);
      const options = deleteOptions(request.message);
      // A successor of the same name may be another node's.
      const preconditions = options.preconditions ?? (uid === undefined ? {} : { uid });
      await this.#kube.delete(RESOURCES.pod, request.name, request.namespace, { ...options, preconditions });
    } catch (error) {
      // The pod that the edge means is gone, or has a successor of the same name.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
    return 'OK';
  }

  /** Old edges: `{UID, Name, Status}` or a list of them. A pod that is gone is deleted at the edge. */
  async oldStatus(request: UpstreamRequest): Promise<string> {
    for (const report of oldReports(request.message)) {
      const name = report.Name ?? request.name;
      try {
        const own = await this.#own(request, name);
        await this.#patch(request.namespace, name, report.UID ?? own, report.Status ?? {});
      } catch (error) {
        if (!isNotFound(error)) throw error;
        this.#sendDelete(request.nodeName, request.namespace, name);
      }
    }
    return 'OK';
  }

  #patch(namespace: string, name: string, uid: string | undefined, status: unknown): Promise<KubeObject> {
    const patch = { ...(uid === undefined ? {} : { metadata: { uid } }), status };
    return this.#kube.patch(RESOURCES.pod, { name, namespace, subresource: 'status' }, patch, 'strategic');
  }

  /** @returns the uid of the pod, which is bound to the node that asks. @throws ApiError Forbidden, NotFound */
  async #own({ nodeName, namespace }: UpstreamRequest, name: string): Promise<string | undefined> {
    const pod = await this.#kube.get<Pod>(RESOURCES.pod, name, namespace);
    if (pod.spec?.nodeName === nodeName) return pod.metadata.uid;
    throw refusal(403, 'Forbidden', `pod ${namespace}/${name} is not bound to node ${nodeName}`);
  }

  #sendDelete(nodeName: string, namespace: string, name: string): void {
    const route = { source: 'edgecontroller', group: 'resource', operation: 'delete', resource: `${namespace}/pod/${name}` };
    this.#send(nodeName, newMessage(route, { metadata: { name, namespace } }));
  }
}

/** DeleteOptions, or (older edges) the uid of the pod as plain text. */
function deleteOptions(message: Message): DeleteOptions {
  const { content } = message;
  const object = contentObject(message);
  if (object === undefined) {
    return { gracePeriodSeconds: 0, ...(typeof content === 'string' && content !== '' ? { preconditions: { uid: content } } : {}) };
  }
  const { gracePeriodSeconds, preconditions } = object;
  const uid = isRecord(preconditions) ? preconditions['uid'] : undefined;
  return {
    gracePeriodSeconds: typeof gracePeriodSeconds === 'number' ? gracePeriodSeconds : 0,
    ...(typeof uid === 'string' ? { preconditions: { uid } } : {}),
  };
}

interface OldReport {
  UID?: string;
  Name?: string;
  Status?: unknown;
}

function oldReports({ content }: Message): OldReport[] {
  const parsed = typeof content === 'string' ? parseJson(content) : content;
  const reports = (Array.isArray(parsed) ? parsed : [parsed]) as unknown[];
  return reports.filter(isRecord).map(({ UID, Name, Status }) => ({
    ...(typeof UID === 'string' && { UID }),
    ...(typeof Name === 'string' && { Name }),
    Status,
  }));
}
