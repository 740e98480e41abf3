import * as v from 'valibot';
import { contentObject } from './message.ts';
import type { Message } from './message.ts';
import { parseDeviceResource } from './topics.ts';

const reportedValue = v.nullish(
  v.object({ value: v.nullish(v.string()), metadata: v.nullish(v.object({ timestamp: v.optional(v.number()) })) }),
);
const reportedTwin = v.nullable(
  v.object({
    expected: reportedValue,
    actual: reportedValue,
    metadata: v.nullish(v.object({ type: v.optional(v.string()) })),
  }),
);
const twinReport = v.object({ twin: v.record(v.string(), reportedTwin) });
const stateReport = v.object({
  device: v.object({ state: v.optional(v.string()), lastOnlineTime: v.optional(v.string()), last_online: v.optional(v.string()) }),
});

/** One side of a twin as the edge last knew it. */
export interface ReportedValue {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
  readonly type?: string;
}

/** What an edge tells the cloud about one device. */
export interface DeviceReport {
  /** `namespace/name`, or `name` from edges up to 1.15. */
  readonly id: string;
  readonly twins: ReadonlyMap<string, { readonly actual?: ReportedValue; readonly expected?: ReportedValue }>;
  readonly state?: string;
  /** From 1.18 on, RFC 3339. */
  readonly lastOnlineTime?: string;
}

/**
 * Reads `device/{ID}/twin/edge_updated` and `device/{ID}/state/update` (KubeEdge wire format, devicecontroller); undefined for any other
 * message and for content of another shape.
 */
export function parseDeviceReport(message: Message): DeviceReport | undefined {
  const { resource = '' } = message.route;
  const content = contentObject(message);
  const twinId = parseDeviceResource(resource, 'twin/edge_updated');
  if (twinId !== undefined) return parseTwins(twinId, content);
  const stateId = parseDeviceResource(resource, 'state/update');
  return stateId === undefined ? undefined : parseState(stateId, content);
}

function parseTwins(id: string, content: unknown): DeviceReport | undefined {
  const parsed = v.safeParse(twinReport, content);
  if (!parsed.success) return undefined;
  const twins = new Map<string, { actual?: ReportedValue; expected?: ReportedValue }>();
  for (const [name, twin] of Object.entries(parsed.output.twin)) {
    if (twin === null) continue;
    const type = twin.metadata?.type;
    twins.set(name, { ...side('actual', twin.actual, type), ...side('expected', twin.expected, type) });
  }
  return { id, twins };
}

function side(
  name: 'actual' | 'expected',
  given: v.InferOutput<typeof reportedValue>,
  type: string | undefined,
): Partial<Record<typeof name, ReportedValue>> {
  const value = given?.value;
  if (value === undefined || value === null) return {};
  const timestamp = given?.metadata?.timestamp;
  return { [name]: { value, ...(timestamp !== undefined && { timestamp }), ...(type !== undefined && { type }) } };
}

function parseState(id: string, content: unknown): DeviceReport | undefined {
  const parsed = v.safeParse(stateReport, content);
  if (!parsed.success) return undefined;
  const { state, lastOnlineTime, last_online: lastOnline } = parsed.output.device;
  const online = lastOnlineTime ?? lastOnline;
  return { id, twins: new Map(), ...(state !== undefined && { state }), ...(online !== undefined && { lastOnlineTime: online }) };
}
