import { isRecord } from '../protocol/message.ts';
import { Uids, differencesOf } from './differences.ts';
import type { Difference } from './differences.ts';
import type { Frame, Recording } from './recording.ts';
import type { Subject } from './subject.ts';
import { operationOf, resourceOf } from './wire.ts';

const ORDER = '$setElementOrder/conditions';

/**
 * True when kedge patches into its Node's status what KubeEdge's Node was registered with, or leaves out what has not changed: KubeEdge
 * patches sometimes the times alone, and sometimes all.
 */
export function isPatchOfStatus({ recording }: Subject, { path, expected, got }: Difference = { path: '' }): boolean {
  const status = recording && registeredStatus(recording);
  if (status === undefined) return false;
  if (path === 'content.metadata' || path === 'content.status.addresses') return got === undefined;
  if (expected !== undefined) return false;
  if (path === 'content.status') return isRecord(got) && Object.keys(got).length > 0 && isPartOf(status, got);
  if (path === `content.status.${ORDER}`) return saysTheSame(typesOf(status), got);
  return isRegisteredField(status, path, got);
}

/** A field of the status, or of one of its conditions, as it was registered. */
function isRegisteredField(status: Record<string, unknown>, path: string, got: unknown): boolean {
  const [, field = ''] = /^content\.status\.(\w+)$/.exec(path) ?? [];
  if (field in status) return saysTheSame({ content: { status: { [field]: status[field] } } }, { content: { status: { [field]: got } } });
  const [, index, key = ''] = /^content\.status\.conditions\[(\d)\]\.(\w+)$/.exec(path) ?? [];
  const condition = conditionsOf(status)[Number(index)];
  return condition !== undefined && saysTheSame({ c: { [key]: condition[key] } }, { c: { [key]: got } });
}

/** True when this is the Node as the edge was told it, or registered it, with what is the edge's to say. */
export function isNodeWrittenBack({ message, recording }: Subject): boolean {
  const told = (recording?.frames ?? []).map(({ message: { content } }) => nodeIn(content));
  return told.some((node) => {
    if (node === undefined) return false;
    return differencesOf({ content: node }, { content: message.content }, new Uids(true)).every(isOfTheEdge);
  });
}

/** The status and the version go another way. */
function isOfTheEdge({ path, expected, got }: Difference): boolean {
  if (path === 'content.status' || path === 'content.metadata.resourceVersion') return got === undefined;
  return expected === undefined && /^content\.(apiVersion|kind|metadata\.annotations\.kedge\.io\/version)$/.test(path);
}

/** True when this deletes a pod that the cloud has told to be ending, as KubeEdge does: without delay, and that pod alone. */
export function isEndOfPod({ message, recording, after = 0 }: Subject): boolean {
  const pod = recording?.frames.findLast(
    (frame) => frame.line <= after && isEnding(frame) && resourceOf(frame.message) === resourceOf(message),
  );
  if (pod === undefined || !isRecord(pod.message.content) || !isRecord(pod.message.content['metadata'])) return false;
  const { source, group } = message.route;
  const isOfEdged = source === 'edged' && group === 'meta';
  return (
    isOfEdged && saysTheSame({ gracePeriodSeconds: 0, preconditions: { uid: pod.message.content['metadata']['uid'] } }, message.content)
  );
}

function isEnding({ direction, message: { content } }: Frame): boolean {
  return (
    direction === 'cloud->edge' &&
    isRecord(content) &&
    isRecord(content['metadata']) &&
    content['metadata']['deletionTimestamp'] !== undefined
  );
}

function nodeIn(content: unknown): unknown {
  if (!isRecord(content)) return undefined;
  if (isRecord(content['Object'])) return nodeIn(content['Object']);
  return isRecord(content['metadata']) && isRecord(content['status']) && 'name' in content['metadata'] ? content : undefined;
}

function registeredStatus({ frames }: Recording): Record<string, unknown> | undefined {
  const node = frames.find(({ message }) => operationOf(message) === 'insert' && /\/node\//.test(resourceOf(message)))?.message.content;
  return isRecord(node) && isRecord(node['status']) ? node['status'] : undefined;
}

function conditionsOf({ conditions }: Record<string, unknown>): Record<string, unknown>[] {
  return Array.isArray(conditions) ? (conditions as unknown[]).filter(isRecord) : [];
}

function typesOf(status: Record<string, unknown>): unknown {
  return conditionsOf(status).map(({ type }) => ({ type }));
}

/** Images and the like are the machine's; a status without conditions is none. */
function isPartOf(status: Record<string, unknown>, got: Record<string, unknown>): boolean {
  const all: Record<string, unknown> = { ...status, [ORDER]: typesOf(status) };
  const own = Object.fromEntries(Object.keys(got).map((key) => [key, all[key]]));
  return 'conditions' in got && saysTheSame({ content: { status: own } }, { content: { status: got } });
}

/** Apart from what is masked. A uid is itself. */
function saysTheSame(expected: unknown, got: unknown): boolean {
  return JSON.stringify(expected) === JSON.stringify(got) || differencesOf(expected, got, new Uids(true)).length === 0;
}
