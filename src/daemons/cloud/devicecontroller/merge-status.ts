import type { ReportedValue } from '../../../protocol/device-report.ts';
import type { Device, Twin, TwinProperty, TwinStatus } from '../../../protocol/devices.ts';

/** What edges have reported about one device since its status was last written; of each value the newest. */
export interface PendingReport {
  readonly twins: ReadonlyMap<string, { readonly actual?: ReportedValue; readonly expected?: ReportedValue }>;
  readonly state?: string;
  readonly lastOnlineTime?: string;
}

/** `newer` over `older`, value by value. */
export function mergeReports(older: PendingReport, newer: PendingReport): PendingReport {
  const twins = new Map(older.twins);
  for (const [name, twin] of newer.twins) twins.set(name, { ...twins.get(name), ...twin });
  return { ...older, ...newer, twins };
}

/**
 * A device's status after a report: `actual` becomes reported, `expected` becomes observedDesired, for the properties in its spec
 * (KubeEdge reference, edge_updated); twins of other properties are left out.
 */
export function mergeStatus(device: Device, status: TwinStatus, report: PendingReport): TwinStatus {
  const known = new Map((status.twins ?? []).map((twin) => [twin.propertyName, twin]));
  const twins = (device.spec?.properties ?? [])
    .map(({ name }) => mergeTwin(known.get(name) ?? { propertyName: name }, report.twins.get(name) ?? {}))
    .filter(({ reported, observedDesired }) => reported !== undefined || observedDesired !== undefined);
  const state = report.state ?? status.state;
  const lastOnlineTime = report.lastOnlineTime ?? status.lastOnlineTime;
  return { twins, ...(state !== undefined && { state }), ...(lastOnlineTime !== undefined && { lastOnlineTime }) };
}

function mergeTwin(twin: Twin, { actual, expected }: { actual?: ReportedValue; expected?: ReportedValue }): Twin {
  return { ...twin, ...(actual && { reported: property(actual) }), ...(expected && { observedDesired: property(expected) }) };
}

function property({ value, timestamp, type }: ReportedValue): TwinProperty {
  return {
    value,
    metadata: { ...(timestamp !== undefined && { timestamp: String(timestamp) }), ...(type !== undefined && { type }) },
  };
}
