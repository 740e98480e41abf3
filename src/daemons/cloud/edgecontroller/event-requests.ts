import { isNotFound } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { isRecord } from '../../../protocol/message.ts';
import { notRelated, objectIn, refusal } from './answers.ts';
import type { PodIndex } from '../../../kube/pod-index.ts';
import type { UpstreamRequest } from './upstream-request.ts';

interface Event extends KubeObject {
  involvedObject?: { kind?: string; namespace?: string; name?: string };
  source?: { host?: string };
}

/** What changes in an event that happens again. */
const REPEATED = ['count', 'firstTimestamp', 'lastTimestamp', 'message', 'reason', 'series', 'type'];

/** The events that an edge may write: about its own Node and the pods that are bound to it. */
export class EventRequests {
  readonly #kube: KubeClient;
  readonly #index: PodIndex;

  constructor(kube: KubeClient, index: PodIndex) {
    this.#kube = kube;
    this.#index = index;
  }

  insert(request: UpstreamRequest): Promise<KubeObject> {
    return this.#kube.create(RESOURCES.event, this.#own(request, objectIn(request.message)), request.namespace);
  }

  async update(request: UpstreamRequest): Promise<KubeObject> {
    const event = this.#own(request, objectIn(request.message));
    await this.#checkStored(request);
    return this.#kube.update(RESOURCES.event, event);
  }

  /** `{event, patchData}`, the patch as JSON in a string. An event that has ended here meanwhile is made again. */
  async patch(request: UpstreamRequest): Promise<KubeObject> {
    const { event, patchData } = objectIn(request.message);
    const whole = this.#own(request, isRecord(event) ? event : {});
    const patch: unknown = typeof patchData === 'string' ? JSON.parse(patchData) : undefined;
    if (!isRecord(patch)) throw refusal(422, 'Invalid', 'patchData is not an object');
    await this.#checkStored(request);
    const changes = Object.fromEntries(Object.entries(patch).filter(([field]) => REPEATED.includes(field)));
    const { name, namespace } = request;
    try {
      return await this.#kube.patch(RESOURCES.event, { name, namespace }, changes, 'strategic');
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return this.#kube.create(RESOURCES.event, whole, namespace);
    }
  }

  /** The event as it may be written. */
  #own(request: UpstreamRequest, object: Record<string, unknown>): Event {
    const { namespace, name } = request;
    const { metadata, involvedObject, source } = object;
    const { labels, annotations, name: given } = isRecord(metadata) ? metadata : {};
    if (given !== name) throw refusal(422, 'Invalid', 'metadata.name is not the name in the resource');
    const event = { ...object, metadata: { name, namespace, ...pick({ labels, annotations }) } } as Event;
    if (!this.#isOwn(request, { involvedObject, source })) throw notRelated(request.nodeName, 'create', RESOURCES.event, name, namespace);
    return event;
  }

  /** An event of somebody else that is called the same stays as it is. */
  async #checkStored(request: UpstreamRequest): Promise<void> {
    const { nodeName, namespace, name } = request;
    const stored = await unlessMissing(this.#kube.get<Event>(RESOURCES.event, name, namespace));
    if (stored !== undefined && !this.#isOwn(request, stored)) throw notRelated(nodeName, 'update', RESOURCES.event, name, namespace);
  }

  #isOwn({ nodeName, namespace }: UpstreamRequest, { involvedObject, source }: { involvedObject?: unknown; source?: unknown }): boolean {
    const { kind, name } = isRecord(involvedObject) ? involvedObject : {};
    const { host = nodeName } = isRecord(source) ? source : {};
    if (host !== nodeName) return false;
    return kind === 'Node'
      ? name === nodeName
      : kind === 'Pod' && this.#index.podOf(nodeName, `${namespace}/${String(name)}`) !== undefined;
  }
}

function pick(maps: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(maps).filter(([, value]) => isRecord(value)));
}
