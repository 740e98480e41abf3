import { fingerprintOf } from '../protocol/object-message.ts';
import type { KubeObject, Pod } from '../protocol/kubernetes.ts';
import { isRecord } from '../protocol/message.ts';
import { referencesOf } from '../protocol/pod-references.ts';
import { definitionOf } from './definition.ts';
import type { Frame, Recording } from './recording.ts';
import type { Subject } from './subject.ts';
import { operationOf, resourceOf } from './wire.ts';
import type { WireMessage } from './wire.ts';

/** True when the object in this push differs from what the cloud sent of it before in nothing but its status. */
export function isStatusOnly({ frame, recording, isReply }: Subject): boolean {
  if (frame === undefined || recording === undefined || isReply) return false;
  const before = pushesOf(recording, frame).findLast(({ line }) => line < frame.line);
  const [last, now] = [before && objectIn(before.message), objectIn(frame.message)];
  if (before === undefined || last === undefined || now === undefined || operationOf(before.message) === 'delete') return false;
  return essenceOf(last, recording.nodeName) === essenceOf(now, recording.nodeName);
}

/** True when the next that was told of this pod is its deletion, and it had no time left. */
export function deletedAtOnce({ frame, recording, isReply }: Subject): boolean {
  if (frame === undefined || recording === undefined || isReply) return false;
  const next = pushesOf(recording, frame).find(({ line }) => line > frame.line);
  const object = objectIn(frame.message);
  return object?.metadata.deletionGracePeriodSeconds === 0 && next !== undefined && operationOf(next.message) === 'delete';
}

/** True when this is the first that the edge hears of this object, which was made while it was away. */
export function wasMadeMeanwhile({ frame, recording }: Subject): boolean {
  if (frame === undefined || recording === undefined) return false;
  return pushesOf(recording, frame)[0] === frame && frame.connection !== recording.sockets[0]?.connection;
}

/** True when no pod that is at the edge refers to the ConfigMap or Secret in this push. */
export function isOrphan({ frame, message, after = 0, recording }: Subject): boolean {
  const until = frame?.line ?? after;
  const pods = new Map<string, Pod>();
  for (const { line, direction, message: earlier } of recording?.frames ?? []) {
    const object = objectIn(earlier);
    if (line > until || direction !== 'cloud->edge' || object?.kind !== 'Pod') continue;
    if (operationOf(earlier) === 'delete') pods.delete(object.metadata.name);
    else pods.set(object.metadata.name, object);
  }
  const [namespace = '', type = '', name = ''] = resourceOf(message).split('/');
  return ![...pods.values()].some((pod) => referencesOf(pod)[type === 'secret' ? 'secrets' : 'configMaps'].has(`${namespace}/${name}`));
}

/** True when all devices that this membership adds were told of before, in the same words. */
export function isToldBefore({ message, recording, after = 0 }: Subject): boolean {
  const told = (recording?.frames ?? [])
    .filter((frame) => frame.line <= after && resourceOf(frame.message) === 'membership')
    .flatMap((frame) => addedIn(frame.message).map(withoutTwins));
  const again = addedIn(message).map(withoutTwins);
  return again.length > 0 && again.every((device) => told.includes(device));
}

/** True when the edge has registered its Node for a second time by then, and this object is one that the cloud sends it. */
export function hasStartedAgain({ message, recording, after = 0 }: Subject): boolean {
  const { frames = [] } = recording ?? {};
  const registrations = frames.filter(({ line, message: { route } }) => line <= after && route['operation'] === 'insert' && isNode(route));
  const isKnown = frames.some(
    ({ direction, message: { route } }) => direction === 'cloud->edge' && route['resource'] === resourceOf(message),
  );
  return registrations.length > 1 && isKnown;
}

function isNode({ resource }: WireMessage['route']): boolean {
  return /^default\/node\//.test(String(resource));
}

export function nodeWasDeleted({ recording, after = 0 }: Subject): boolean {
  const deletion = recording?.marks.find(({ text }) => /^node delete/.test(text));
  return deletion !== undefined && recording?.frames.some(({ line, ts }) => line >= after && ts < deletion.ts) === false;
}

function addedIn({ content }: WireMessage): unknown[] {
  const added = isRecord(content) ? content['added_devices'] : undefined;
  return Array.isArray(added) ? (added as unknown[]) : [];
}

function withoutTwins(device: unknown): string {
  return JSON.stringify(isRecord(device) ? { ...device, twin: undefined } : device);
}

function pushesOf({ frames }: Recording, { message }: Frame): Frame[] {
  return frames.filter(
    (frame) =>
      frame.direction === 'cloud->edge' &&
      resourceOf(frame.message) === resourceOf(message) &&
      ['insert', 'update', 'delete'].includes(operationOf(frame.message)),
  );
}

function objectIn({ content }: WireMessage): KubeObject | undefined {
  return isRecord(content) && isRecord(content['metadata']) ? (content as unknown as KubeObject) : undefined;
}

/** Desired values of v1alpha2 are in the status, and are none of it. The end of a pod is told by its metadata. */
function essenceOf(object: KubeObject, nodeName: string): string {
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  return JSON.stringify([fingerprintOf(definitionOf(object, nodeName)), deletionTimestamp, deletionGracePeriodSeconds]);
}

/** The minor version of KubeEdge 1. */
export function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}
