import { randomUUID } from 'node:crypto';
import type { MsgTwin, TwinDelta, TwinDocument, TwinResult, TwinValue } from '../../../protocol/twin.ts';
import { sameValue } from '../../../protocol/twin-value.ts';
import { DELETED } from '../../../store/device-twins.ts';
import type { SideState, TwinState } from '../../../store/device-twins.ts';

/** A twin as applications see it: without versions. An empty value is no value. */
export function messageTwin({ expected, actual, optional, type }: TwinState): MsgTwin {
  return {
    ...(hasValue(expected) ? { expected: messageValue(expected) } : {}),
    ...(hasValue(actual) ? { actual: messageValue(actual) } : {}),
    optional,
    metadata: { type },
  };
}

/** A twin as the cloud sees it: with the versions that it has. */
export function reportedTwin(twin: TwinState): MsgTwin {
  const { expectedVersion, actualVersion } = twin;
  return {
    ...messageTwin(twin),
    ...(expectedVersion === undefined ? {} : { expected_version: expectedVersion }),
    ...(actualVersion === undefined ? {} : { actual_version: actualVersion }),
  };
}

/** `twin/get/result` and `twin/update/result`. Names are sorted, as Go sorts them. */
export function twinResult(eventId: string, twins: ReadonlyMap<string, MsgTwin | null>, now: number): TwinResult {
  return { event_id: eventId, timestamp: now, twin: sorted(twins) };
}

/** Every twin that is not deleted. */
export function livingTwins(twins: ReadonlyMap<string, TwinState>): Map<string, MsgTwin> {
  return new Map([...twins].filter(([, { type }]) => type !== DELETED).map(([name, twin]) => [name, messageTwin(twin)]));
}

/** `twin/update/document`: each changed twin before and after. */
export function twinDocument(
  eventId: string,
  changes: ReadonlyMap<string, { last: MsgTwin | null; current: MsgTwin | null }>,
  now: number,
): TwinDocument {
  return { event_id: eventId, timestamp: now, twin: sorted(changes) };
}

/** `twin/update/delta`: what is expected and, by the value of its type, not yet so; undefined when nothing is. */
export function twinDelta(
  twins: ReadonlyMap<string, TwinState>,
  { now, eventId = randomUUID() }: { now: number; eventId?: string },
): TwinDelta | undefined {
  const expecting = [...twins].filter(([, { type, expected }]) => type !== DELETED && hasValue(expected));
  const delta = expecting.flatMap(([name, { expected, actual, type }]) =>
    expected === undefined || (actual !== undefined && sameValue(type, expected.value, actual.value))
      ? []
      : [[name, expected.value] as const],
  );
  if (delta.length === 0) return undefined;
  const twin = new Map(expecting.map(([name, state]) => [name, messageTwin(state)]));
  return { event_id: eventId, timestamp: now, twin: sorted(twin), delta: sorted(new Map(delta)) };
}

function hasValue(side: SideState | undefined): side is SideState {
  return side !== undefined && side.value !== '';
}

function messageValue({ value, timestamp }: SideState): TwinValue {
  return { value, metadata: { timestamp } };
}

function sorted<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}
