import type { MsgTwin, TwinChange, TwinPatch, TwinVersion } from '../../../protocol/twin.ts';
import { REASON, isTwinType, valueRefusal } from '../../../protocol/twin-value.ts';
import { DELETED } from '../../../store/device-twins.ts';
import type { TwinState } from '../../../store/device-twins.ts';
import { messageTwin } from './twin-messages.ts';

/**
 * Who asks, and so how versions move (KubeEdge reference, twin engine): `edge`, an application: the edge's count grows by one;
 * `membership`: versions stay; `sync`, `cloud_updated` of clouds up to 1.14: only if nothing newer is stored.
 */
export type TwinSource = 'edge' | 'membership' | 'sync';

export interface TwinRequest {
  readonly twins: ReadonlyMap<string, TwinState>;
  readonly update: ReadonlyMap<string, TwinPatch | null>;
  readonly source: TwinSource;
  /** Milliseconds since the epoch; the timestamps of applications are ignored. */
  readonly now: number;
}

/** What an accepted update does. */
export interface TwinPlan {
  readonly writes: Map<string, TwinState>;
  /** What the applicant is told: the changed parts; null for a deleted twin. */
  readonly result: Map<string, MsgTwin | null>;
  readonly document: Map<string, { last: MsgTwin | null; current: MsgTwin | null }>;
  /** The twins whose stored state the cloud must learn. */
  readonly reports: Set<string>;
}

const SIDES = ['expected', 'actual'] as const;
type Side = (typeof SIDES)[number];
type SideChange = TwinChange & { readonly side: Side };
const VERSION_OF = { expected: 'expectedVersion', actual: 'actualVersion' } as const;

/**
 * Decides what an update does to a device's twins, all or nothing. Pure.
 * @returns the plan, or why the update is refused, in KubeEdge's words
 */
export function planUpdate(request: TwinRequest): TwinPlan | { readonly refusal: string } {
  const plan: TwinPlan = { writes: new Map(), result: new Map(), document: new Map(), reports: new Set() };
  for (const [name, patch] of request.update) {
    if (deletes(patch, request.source)) planDeletion(plan, request, name, patch);
    else {
      const refusal = planChange(plan, request, name, patch);
      if (refusal !== undefined) return { refusal };
    }
  }
  return plan;
}

/** Applications delete with null, clouds with the type `deleted`. */
function deletes(patch: TwinPatch | null, source: TwinSource): patch is null {
  return patch === null || (source !== 'edge' && patch.type?.toLowerCase() === DELETED);
}

function planChange(plan: TwinPlan, request: TwinRequest, name: string, patch: TwinPatch): string | undefined {
  const { source, now } = request;
  const stored = request.twins.get(name);
  const living = stored?.type === DELETED ? undefined : stored;
  const type = living?.type ?? givenType(patch);
  const changes = SIDES.flatMap((side) => (patch[side] === undefined ? [] : [{ side, ...patch[side] }]));
  const refusal = isTwinType(type) ? firstRefusal(type, changes) : REASON.type;
  if (refusal !== undefined) return refusal;

  const optional = staysOptional(stored, patch);
  if (changes.length === 0 && optional === living?.optional) return undefined;
  const next = withChanges({ ...stored, type, optional }, changes, source, now);
  if (next === undefined) {
    plan.reports.add(name);
    return undefined;
  }
  plan.writes.set(name, next);
  plan.result.set(name, { ...changedSides(changes, now), optional, metadata: { type } });
  plan.document.set(name, { last: living === undefined ? null : messageTwin(living), current: messageTwin(next) });
  if (source === 'edge') plan.reports.add(name);
  return undefined;
}

function givenType({ type }: TwinPatch): string {
  return type === undefined || type === '' ? 'string' : type;
}

/** True by default, and once false for ever false. */
function staysOptional(stored: TwinState | undefined, patch: TwinPatch): boolean {
  return (stored?.optional ?? true) && (patch.optional ?? true);
}

/** Undefined if a version forbids one of the changes. */
function withChanges(twin: TwinState, changes: readonly SideChange[], source: TwinSource, timestamp: number): TwinState | undefined {
  let next = twin;
  for (const { side, value, version } of changes) {
    const moved = nextVersion(source, twin[VERSION_OF[side]], version);
    if (moved === undefined) return undefined;
    next = { ...next, [side]: { value, timestamp }, [VERSION_OF[side]]: moved };
  }
  return next;
}

function planDeletion(plan: TwinPlan, request: TwinRequest, name: string, patch: TwinPatch | null): void {
  const { source, twins } = request;
  const stored = twins.get(name);
  if (stored === undefined) {
    if (source === 'edge') plan.document.set(name, { last: null, current: null });
    return;
  }
  if (stored.type === DELETED || (source === 'edge' && !stored.optional)) return;
  let next: TwinState = { type: DELETED, optional: stored.optional };
  for (const side of SIDES) {
    const version = stored[VERSION_OF[side]];
    if (version === undefined) continue;
    // A cloud that deletes names the version of what it expected, if any.
    const asked = side === 'expected' ? (patch?.expected?.version ?? version) : version;
    const moved = nextVersion(source, version, asked);
    if (moved === undefined) {
      plan.reports.add(name);
      return;
    }
    next = { ...next, [VERSION_OF[side]]: moved };
  }
  plan.writes.set(name, next);
  plan.result.set(name, null);
  plan.document.set(name, { last: messageTwin(stored), current: null });
  if (source === 'edge') plan.reports.add(name);
}

/** The version after a change; undefined if what is stored is newer than what the cloud knew. */
function nextVersion(source: TwinSource, stored: TwinVersion | undefined, asked: TwinVersion | undefined): TwinVersion | undefined {
  const { cloud, edge } = stored ?? { cloud: 0, edge: 0 };
  if (source === 'edge') return { cloud, edge: edge + 1 };
  if (source === 'membership') return { cloud, edge };
  if (asked === undefined || cloud > asked.cloud || edge > asked.edge) return undefined;
  return { cloud: asked.cloud, edge: asked.edge };
}

function firstRefusal(type: string, changes: readonly TwinChange[]): string | undefined {
  return changes.map(({ value }) => valueRefusal(type, value)).find((refusal) => refusal !== undefined);
}

function changedSides(changes: readonly SideChange[], now: number): Pick<MsgTwin, Side> {
  return Object.fromEntries(changes.map(({ side, value }) => [side, { value, metadata: { timestamp: now } }]));
}
