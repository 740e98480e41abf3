import type { PropertySpec } from '../../../protocol/device-spec.ts';
import { desiredRefusal } from '../../../protocol/property-rules.ts';
import { REASON, isTwinName, isTwinText, valueRefusal } from '../../../protocol/twin-value.ts';
import { DELETED } from '../../../store/device-twins.ts';
import type { SideState, TwinState } from '../../../store/device-twins.ts';
import type { PropertyRow } from '../../../store/devices.ts';
import type { TwinPlan } from './twin-engine.ts';
import { messageTwin } from './twin-messages.ts';

export interface DesiredRequest {
  readonly twins: ReadonlyMap<string, TwinState>;
  /** What was taken from this device's object before. */
  readonly recorded: ReadonlyMap<string, PropertyRow>;
  /** The object's properties, with the model's types where they are known. */
  readonly wanted: readonly PropertySpec[];
  /** The object's resourceVersion as a number: the cloud's part of the expected version. */
  readonly cloudVersion: number;
  readonly now: number;
}

export interface DesiredPlan extends Pick<TwinPlan, 'writes' | 'document' | 'reports'> {
  /** Properties to record as taken. */
  readonly records: PropertyRow[];
  /** Properties that the object has no more; their twins go with them. */
  readonly forgotten: string[];
}

/**
 * Decides what a Device object does to the device's twins: a desired value becomes the expected one when it, or its type, is not what
 * was last taken from the cloud. So the same object twice changes nothing, and what the edge expects on its own stays until the cloud
 * asks for something else. Pure.
 */
export function planDesired(request: DesiredRequest): DesiredPlan {
  const plan: DesiredPlan = { writes: new Map(), document: new Map(), reports: new Set(), records: [], forgotten: [] };
  for (const wanted of request.wanted) {
    planProperty(plan, request, wanted);
    // KubeEdge's cloud keeps no report of what it does not know as a property, though it confirms it.
    const { name } = wanted;
    if (!request.recorded.has(name) && living(request.twins.get(name))?.actual !== undefined) plan.reports.add(name);
  }
  const names = new Set(request.wanted.map(({ name }) => name));
  for (const name of request.recorded.keys()) {
    if (names.has(name)) continue;
    plan.forgotten.push(name);
    const twin = living(request.twins.get(name));
    if (twin !== undefined) plan.document.set(name, { last: messageTwin(twin), current: null });
  }
  return plan;
}

function planProperty(plan: DesiredPlan, request: DesiredRequest, wanted: PropertySpec): void {
  const { name } = wanted;
  const stored = request.twins.get(name);
  const last = living(stored);
  const record = request.recorded.get(name);
  const type = wanted.type ?? last?.type ?? 'string';
  const desired = desiredOf(wanted);
  const refusal = desired === null ? null : refusalOf(wanted, type, desired);
  if (record?.desired === desired && record.type === type && record.refusal === refusal) return;
  plan.records.push({ name, desired, type, refusal });
  if (refusal !== null || (desired === null && last === undefined)) return;

  const expected = desired === null ? withoutDesired(last, record) : { value: desired, timestamp: request.now };
  const next = withExpected(stored, type, expected, request.cloudVersion);
  if (!isSame(last, next)) write(plan, name, last, next);
}

function isSame(last: TwinState | undefined, next: TwinState): boolean {
  return last !== undefined && last.expected?.value === next.expected?.value && last.type === next.type;
}

function write(plan: DesiredPlan, name: string, last: TwinState | undefined, next: TwinState): void {
  plan.writes.set(name, next);
  plan.document.set(name, { last: last === undefined ? null : messageTwin(last), current: messageTwin(next) });
  plan.reports.add(name);
}

function desiredOf({ desired }: PropertySpec): string | null {
  return desired === undefined || desired === '' ? null : desired;
}

/** What the cloud no longer desires goes; what only the edge expects stays. */
function withoutDesired(last: TwinState | undefined, record: PropertyRow | undefined): SideState | undefined {
  return typeof record?.desired === 'string' ? undefined : last?.expected;
}

function withExpected(stored: TwinState | undefined, type: string, expected: SideState | undefined, cloudVersion: number): TwinState {
  const { expected: before, ...rest } = stored ?? {};
  const { cloud, edge } = stored?.expectedVersion ?? { cloud: 0, edge: 0 };
  const version = before === undefined && expected === undefined ? {} : { expectedVersion: { cloud: Math.max(cloud, cloudVersion), edge } };
  return { ...rest, ...(expected === undefined ? {} : { expected }), ...version, type, optional: false };
}

function living(twin: TwinState | undefined): TwinState | undefined {
  return twin?.type === DELETED ? undefined : twin;
}

/** Applications could never report such a value as reached, for the same rules of type hold for them; or the model does not allow it. */
function refusalOf({ name, rules = {} }: PropertySpec, type: string, desired: string): string | null {
  if (!isTwinName(name)) return REASON.key;
  if (!isTwinText(desired)) return REASON.value;
  return valueRefusal(type, desired) ?? desiredRefusal(rules, desired) ?? null;
}
