import * as v from 'valibot';
import { parseJson } from './json.ts';
import { isRecord } from './message.ts';
import { REASON, isTwinName, isTwinText } from './twin-value.ts';

/** Twins as they travel over MQTT and between cloud and edge (KubeEdge reference, device messages). Go takes null for what is left out. */
const timestamp = v.nullish(v.pipe(v.number(), v.integer()));
const version = v.object({
  cloud: v.nullish(v.pipe(v.number(), v.integer()), 0),
  edge: v.nullish(v.pipe(v.number(), v.integer()), 0),
});
const twinValue = v.object({ value: v.nullish(v.string()), metadata: v.nullish(v.object({ timestamp })) });
const msgTwin = v.object({
  expected: v.nullish(twinValue),
  actual: v.nullish(twinValue),
  optional: v.nullish(v.boolean()),
  metadata: v.nullish(v.object({ type: v.nullish(v.pipe(v.string(), v.maxLength(64))) })),
  expected_version: v.nullish(version),
  actual_version: v.nullish(version),
});
const base = v.object({ event_id: v.nullish(v.pipe(v.string(), v.maxLength(1024)), ''), timestamp });
const stateUpdate = v.object({ ...base.entries, state: v.pipe(v.string(), v.maxLength(64)) });

export interface TwinVersion {
  readonly cloud: number;
  readonly edge: number;
}

export interface TwinValue {
  readonly value: string;
  readonly metadata?: { readonly timestamp?: number };
}

/** One twin in an answer. */
export interface MsgTwin {
  readonly expected?: TwinValue;
  readonly actual?: TwinValue;
  readonly optional?: boolean;
  readonly metadata?: { readonly type: string };
  readonly expected_version?: TwinVersion;
  readonly actual_version?: TwinVersion;
}

/** One side of a twin in a request: the value, and the version where a cloud sent one. */
export interface TwinChange {
  readonly value: string;
  readonly version?: TwinVersion;
}

/** One twin in a request, with everything left out that was null. */
export interface TwinPatch {
  readonly expected?: TwinChange;
  readonly actual?: TwinChange;
  readonly optional?: boolean;
  readonly type?: string;
}

/** DeviceTwinUpdate: what is to be done to each twin; null deletes it. */
export interface TwinUpdate {
  readonly eventId: string;
  readonly twins: ReadonlyMap<string, TwinPatch | null>;
}

/** A request that was refused, with KubeEdge's code and words. */
export interface Refusal {
  readonly eventId: string;
  readonly code: 400 | 404 | 500;
  readonly reason: string;
}

export interface BaseMessage {
  readonly event_id: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** `twin/update/result` and `twin/get/result` after a failure. */
export interface ErrorResult extends BaseMessage {
  readonly code: number;
  readonly reason: string;
}

export interface TwinResult extends BaseMessage {
  readonly twin: Readonly<Record<string, MsgTwin | null>>;
}

export interface TwinDocument extends BaseMessage {
  readonly twin: Readonly<Record<string, { last: MsgTwin | null; current: MsgTwin | null }>>;
}

export interface TwinDelta extends BaseMessage {
  readonly twin: Readonly<Record<string, MsgTwin>>;
  /** The expected value of each twin whose actual value differs from it. */
  readonly delta: Readonly<Record<string, string>>;
}

/** The device in `state/update/result` and in the state's way to the cloud (from KubeEdge 1.18). */
export interface StateResult extends BaseMessage {
  readonly device: { readonly name: string; readonly state?: string; readonly lastOnlineTime?: string };
}

/** Reads DeviceTwinUpdate as KubeEdge does: unknown keys are ignored, wrong types, names and values refuse the whole update. */
export function parseTwinUpdate(payload: Buffer | string): TwinUpdate | Refusal {
  const body = readJson(payload);
  const head = v.safeParse(base, body);
  const eventId = head.success ? head.output.event_id : '';
  if (!isRecord(body) || !head.success) return { eventId, code: 400, reason: REASON.unreadable };
  return twinsOf(eventId, body['twin']);
}

/** The twins of an update, or of a device in a MembershipUpdate. */
export function twinsOf(eventId: string, entries: unknown): TwinUpdate | Refusal {
  const refuse = (reason: string): Refusal => ({ eventId, code: 400, reason });
  if (entries === undefined || entries === null) return refuse(REASON.noTwin);
  if (!isRecord(entries)) return refuse(REASON.unreadable);
  const twins = new Map<string, TwinPatch | null>();
  for (const [name, entry] of Object.entries(entries)) {
    const parsed = v.safeParse(v.nullable(msgTwin), entry);
    if (!parsed.success || Array.isArray(entry)) return refuse(REASON.unreadable);
    twins.set(name, parsed.output && patchOf(parsed.output));
  }
  for (const [name, patch] of twins) {
    if (!isTwinName(name)) return refuse(REASON.key);
    if (![patch?.expected, patch?.actual].every((change) => isTwinText(change?.value ?? ''))) return refuse(REASON.value);
  }
  return { eventId, twins };
}

/** The `event_id` of a request of which nothing else matters; undefined if the payload is not a JSON object that may carry one. */
export function parseBaseMessage(payload: Buffer | string): string | undefined {
  const body = readJson(payload);
  const parsed = v.safeParse(base, body);
  return parsed.success && isRecord(body) ? parsed.output.event_id : undefined;
}

/** Any KubeEdge release's states: `disconnected` up to 1.17, `unhealthy` from 1.18. */
const STATES: ReadonlySet<string> = new Set(['online', 'offline', 'ok', 'unknown', 'disconnected', 'unhealthy']);

/** The state that a `state/update` reports, as it was written; undefined if KubeEdge would ignore it. */
export function parseStateUpdate(payload: Buffer | string): string | undefined {
  const parsed = v.safeParse(stateUpdate, readJson(payload));
  return parsed.success && STATES.has(parsed.output.state.toLowerCase()) ? parsed.output.state : undefined;
}

function patchOf(twin: v.InferOutput<typeof msgTwin>): TwinPatch {
  const { expected, actual, optional, metadata } = twin;
  return {
    ...changeOf('expected', expected?.value, twin.expected_version),
    ...changeOf('actual', actual?.value, twin.actual_version),
    ...(optional === undefined || optional === null ? {} : { optional }),
    ...(typeof metadata?.type === 'string' ? { type: metadata.type } : {}),
  };
}

function changeOf(
  side: 'expected' | 'actual',
  value: string | null | undefined,
  version: TwinVersion | null | undefined,
): Pick<TwinPatch, typeof side> {
  if (value === undefined || value === null) return {};
  return { [side]: version ? { value, version } : { value } };
}

/** Go reads `null` as an object without anything; undefined is what cannot be read. */
function readJson(payload: Buffer | string): unknown {
  try {
    return parseJson(payload.toString()) ?? {};
  } catch {
    return undefined;
  }
}
