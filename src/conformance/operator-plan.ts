import { RESOURCES } from '../protocol/kubernetes.ts';
import type { ApiResource, KubeObject, ObjectMeta, Pod } from '../protocol/kubernetes.ts';
import { isRecord } from '../protocol/message.ts';
import { referencesOf } from '../protocol/pod-references.ts';
import { definitionOf, fieldsOf, firstDefinitionOf } from './definition.ts';
import { Exchanges } from './exchanges.ts';
import type { Frame, Mark, Recording } from './recording.ts';
import { operationOf, resourceOf } from './wire.ts';

/** What the operator does to the Kubernetes API at a mark. */
export type Action =
  | { readonly do: 'create' | 'replace'; readonly resource: ApiResource; readonly object: KubeObject }
  | { readonly do: 'label'; readonly resource: ApiResource; readonly name: string; readonly labels: Readonly<Record<string, string>> }
  | {
      readonly do: 'delete';
      readonly resource: ApiResource;
      readonly name: string;
      readonly namespace?: string;
      readonly gracePeriodSeconds?: number;
    };

const KINDS: Readonly<Record<string, ApiResource>> = {
  pod: RESOURCES.pod,
  configmap: RESOURCES.configMap,
  secret: RESOURCES.secret,
  device: RESOURCES.device,
  devicemodel: RESOURCES.deviceModel,
};

/**
 * What was done at each mark, by its line. Marks name deeds; the objects are in what the cloud sent because of them: an object that is
 * new was created, one whose definition changed was changed, one that is going was deleted. What the edge's own reports changed is no deed.
 */
export function planOperator(recording: Recording): ReadonlyMap<number, readonly Action[]> {
  return new Planner(recording).plan();
}

class Planner {
  readonly #recording: Recording;
  readonly #exchanges: Exchanges;
  readonly #plan = new Map<number, Action[]>();
  /** The definition of each object that exists, by its resource; null when it is being deleted. */
  readonly #known = new Map<string, string | null>();

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#exchanges = new Exchanges(recording.frames);
  }

  plan(): ReadonlyMap<number, readonly Action[]> {
    for (const frame of this.#recording.frames) {
      const mark = this.#markOf(frame);
      if (mark !== undefined && this.#isPush(frame)) this.#consider(frame, mark);
    }
    for (const mark of this.#recording.marks) this.#considerNode(mark);
    return this.#plan;
  }

  #isPush(frame: Frame): boolean {
    return (
      frame.direction === 'cloud->edge' &&
      this.#exchanges.parentOf(frame) === undefined &&
      ['insert', 'update', 'delete'].includes(operationOf(frame.message)) &&
      isObject(frame.message.content)
    );
  }

  /** The last mark before it. What an edge finds when it comes back was done before it came. */
  #markOf({ ts }: Frame): Mark | undefined {
    const before = this.#recording.marks.filter((mark) => mark.ts <= ts);
    return before.findLast(({ text }) => !/start again/.test(text));
  }

  #comesBack({ line }: Frame, uid: string | undefined): boolean {
    return this.#recording.frames.some(
      ({ line: later, message: { content, route } }) =>
        later > line && route['operation'] !== 'delete' && isObject(content) && content.metadata.uid === uid,
    );
  }

  #consider(frame: Frame, mark: Mark): void {
    const { message } = frame;
    const path = resourceOf(message);
    const resource = KINDS[path.split('/')[1] ?? ''];
    if (resource === undefined || !isObject(message.content)) return;
    const isDelete = operationOf(message) === 'delete';
    const { metadata } = message.content;
    // A model goes from the edge with its last device, and is still there.
    if (isDelete && this.#comesBack(frame, metadata.uid)) return;
    if (isDelete || metadata.deletionTimestamp !== undefined) this.#end(path, resource, metadata, mark);
    else this.#change(path, resource, message.content, mark);
    if (isDelete) this.#known.delete(path);
  }

  #end(path: string, resource: ApiResource, metadata: ObjectMeta, mark: Mark): void {
    const known = this.#known.get(path);
    this.#known.set(path, null);
    if (known === null || known === undefined) return;
    const { name, namespace = '', deletionGracePeriodSeconds } = metadata;
    const grace = deletionGracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: deletionGracePeriodSeconds };
    this.#add(mark, { do: 'delete', resource, name, namespace, ...grace });
  }

  #change(path: string, resource: ApiResource, content: KubeObject, mark: Mark): void {
    const { nodeName } = this.#recording;
    const known = this.#known.get(path);
    const object = definitionOf(content, nodeName);
    if (known === undefined) {
      if (resource === RESOURCES.pod) this.#createReferenced(object, mark);
      this.#add(mark, { do: 'create', resource, object: firstDefinitionOf(content, nodeName) });
    } else if (known !== fieldsOf(object)) this.#add(mark, { do: 'replace', resource, object });
    this.#known.set(path, fieldsOf(object));
  }

  /** What a pod refers to exists before it, in the state in which the edge first saw it; what the cloud did not find exists not. */
  #createReferenced(pod: Pod, mark: Mark): void {
    const { configMaps, secrets } = referencesOf(pod);
    const wanted = [...[...configMaps].map((key) => ['configmap', key] as const), ...[...secrets].map((key) => ['secret', key] as const)];
    for (const [type, key] of wanted) {
      const [namespace = '', name = ''] = key.split('/');
      const path = `${namespace}/${type}/${name}`;
      const seen = this.#recording.frames.find(({ direction, message }) => direction === 'cloud->edge' && resourceOf(message) === path);
      const resource = KINDS[type];
      if (this.#known.has(path) || resource === undefined || !isObject(seen?.message.content)) continue;
      this.#known.set(path, fieldsOf(definitionOf(seen.message.content, this.#recording.nodeName)));
      const object = firstDefinitionOf(seen.message.content, this.#recording.nodeName);
      this.#add(mark, { do: 'create', resource, object });
    }
  }

  /** Nodes are not pushed; their labels show in the next answer about them. */
  #considerNode(mark: Mark): void {
    const { nodeName: name, frames } = this.#recording;
    if (/^node delete/.test(mark.text)) this.#add(mark, { do: 'delete', resource: RESOURCES.node, name });
    if (!/^node label/.test(mark.text)) return;
    const labelsWhen = (fits: (frame: Frame) => boolean): Record<string, string> =>
      Object.assign({}, ...frames.filter(fits).map(({ message }) => nodeLabels(message.content))) as Record<string, string>;
    const before = labelsWhen(({ ts }) => ts < mark.ts);
    const after = labelsWhen(({ ts }) => ts >= mark.ts);
    const labels = Object.fromEntries(Object.entries(after).filter(([key]) => !(key in before)));
    this.#add(mark, { do: 'label', resource: RESOURCES.node, name, labels });
  }

  #add({ line }: Mark, action: Action): void {
    this.#plan.set(line, [...(this.#plan.get(line) ?? []), action]);
  }
}

function isObject(content: unknown): content is KubeObject {
  return isRecord(content) && isRecord(content['metadata']) && typeof content['metadata']['name'] === 'string';
}

function nodeLabels(content: unknown): Record<string, string> {
  const object = isRecord(content) && isRecord(content['Object']) ? content['Object'] : content;
  if (!isObject(object)) return {};
  const labels = object.metadata.labels ?? {};
  return 'node-role.kubernetes.io/edge' in labels ? labels : {};
}
