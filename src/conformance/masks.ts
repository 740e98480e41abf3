/** A value that differs from run to run: its place and its form are compared, not the value itself. */
export interface Mask {
  /** On the path of a value such as `content.metadata.uid`; list elements are `[0]`. */
  readonly at: RegExp;
  /** Absent: where both have it, it is compared all the same. */
  readonly form?: (value: unknown) => boolean;
  /** Also where one of the two has it and the other has not. */
  readonly optional?: boolean;
  readonly reason: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const LOCAL_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

const uuid = (value: unknown): boolean => typeof value === 'string' && UUID.test(value);
const decimal = (value: unknown): boolean => typeof value === 'string' && /^\d+$/.test(value);
const time = (value: unknown): boolean => typeof value === 'string' && (RFC3339.test(value) || LOCAL_TIME.test(value));
const milliseconds = (value: unknown): boolean => /^1\d{12}$/.test(String(value));
const count = (value: unknown): boolean => Number.isInteger(value);
const anyText = (value: unknown): boolean => typeof value === 'string';
const quantity = (value: unknown): boolean => /^\d+(\.\d+)?(m|[KMGT]i?)?$/.test(String(value));
const anything = (): boolean => true;

/** Everything that is not compared by value, each with the reason. */
export const MASKS: readonly Mask[] = [
  { at: /^header\.(parent_)?msg_id$/, form: uuid, reason: 'ids are new in every run; which message answers which is compared by them' },
  { at: /^header\.timestamp$/, form: milliseconds, reason: 'time' },
  { at: /^header\.resourceversion$/, form: decimal, reason: 'counted by the API server' },
  { at: /\.resourceVersion$/, form: decimal, reason: 'counted by the API server' },
  { at: /\.generation$/, form: count, optional: true, reason: 'counted by the API server' },
  { at: /\.(expected|actual)_version\.cloud$/, form: count, reason: 'a resourceVersion' },
  { at: /\.uid$/, form: uuid, reason: 'made by the API server; the same object must have the same one throughout' },
  { at: /\.event_id$/, form: uuid, reason: 'ids are new in every run; an empty one, or one that an application chose, is compared' },
  { at: /\.timestamp$/, form: milliseconds, reason: 'time' },
  {
    at: /\.creationTimestamp$/,
    form: (value) => value === null || time(value),
    optional: true,
    reason: 'time; Go writes its zero as null',
  },
  { at: /\.lastProbeTime$/, form: (value) => value === null || time(value), optional: true, reason: 'time; Go writes its zero as null' },
  { at: /^content\.Object\.(apiVersion|kind)$/, optional: true, reason: "Go's typed clients leave it out, some of the time" },
  { at: /^content\.status$/, form: (value) => JSON.stringify(value) === '{}', optional: true, reason: 'Go writes an empty status' },
  {
    at: /\.(deletionTimestamp|last(Heartbeat|Transition)Time|renewTime|acquireTime|startTime|startedAt|finishedAt|time|last_online|lastOnlineTime|expirationTimestamp)$/,
    form: (value) => value === null || time(value),
    reason: 'time',
  },
  { at: /\.managedFields$/, form: Array.isArray, optional: true, reason: "the API server's record of who wrote which field" },
  { at: /\.status\.(capacity|allocatable)\.(cpu|memory|pods|ephemeral-storage)$/, form: quantity, reason: 'the machine' },
  { at: /\.status\.(capacity|allocatable)\.[^.]+$/, form: anyText, optional: true, reason: 'the machine' },
  { at: /\.status\.addresses\[\d+\]\.address$/, form: anyText, reason: 'the machine' },
  { at: /\.status\.nodeInfo\.[^.]+$/, form: anyText, optional: true, reason: 'the machine and its versions' },
  { at: /\.status\.images$/, form: Array.isArray, optional: true, reason: 'the machine' },
  { at: /\.annotations\.cloudcore$/, form: anyText, reason: "the cloud's address" },
  { at: /\.annotations\.node\.alpha\.kubernetes\.io\/ttl$/, form: anyText, optional: true, reason: "set by Kubernetes' own controllers" },
  { at: /\.spec\.taints$/, form: Array.isArray, optional: true, reason: "set by Kubernetes' own controllers" },
  { at: /\.status\.token$/, form: (value) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(String(value)), reason: 'a token' },
  { at: /^(peer|certificate)\.(serial|notBefore|notAfter)$/, form: anything, reason: 'a certificate is new in every run' },
];

/** The mask for a value, if there is one. */
export function maskAt(path: string): Mask | undefined {
  return MASKS.find(({ at }) => at.test(path));
}
