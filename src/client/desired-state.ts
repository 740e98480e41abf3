import type { ModelProperty, Twin, TwinProperty } from '../protocol/devices.ts';
import { desiredRefusal, rangeRefusal } from '../protocol/property-rules.ts';
import { sameValue, valueRefusal } from '../protocol/twin-value.ts';
import { timeOf, twinRows } from './twin-rows.ts';
import type { DeviceView, TwinRow } from './twin-rows.ts';

/** How far a desired value has come. Part of the JSON of `device get`. */
export interface PropertyState extends TwinRow {
  /**
   * `applied`: the device reports it, by the value of its type; `rejected`: the model does not allow it, so the edge does not pass it on; `pending`: it
   * is told to the device again and again. Absent where nothing is desired.
   */
  readonly status?: 'pending' | 'applied' | 'rejected';
  /**
   * RFC 3339. Of `applied`, when the device last said so; of `pending`, when the edge took it; before that, and of `rejected`, when the
   * desired values were last written, if the API has recorded it.
   */
  readonly since?: string;
  readonly reason?: string;
  /** What is wrong with the reported value: it is out of the model's range. */
  readonly warning?: string;
}

/** The device's properties in the order of its spec. All of it is computed from what KubeEdge's objects hold: there is no field for it. */
export function propertyStates(view: DeviceView): PropertyState[] {
  const twins = new Map((view.status?.status?.twins ?? view.device.status?.twins ?? []).map((twin) => [twin.propertyName, twin]));
  const rules = new Map((view.model?.spec?.properties ?? []).map((property) => [property.name, property]));
  const written = writtenAt(view);
  return twinRows(view).map((row) => {
    const known = rules.get(row.property);
    const warning = row.reported && known && rangeRefusal(known, row.reported);
    return { ...row, ...stateOf(row, { twin: twins.get(row.property), rules: known, written }), ...(warning && { warning }) };
  });
}

interface Known {
  readonly twin: Twin | undefined;
  readonly rules: ModelProperty | undefined;
  readonly written: string | undefined;
}

function stateOf(row: TwinRow, { twin, rules, written }: Known): Pick<PropertyState, 'status' | 'since' | 'reason'> {
  const { desired, reported, type } = row;
  if (desired === undefined) return {};
  const refusal = desiredRefusal(rules ?? {}, desired) ?? valueRefusal(type ?? '', desired);
  if (refusal !== undefined) return { status: 'rejected', ...since(written), reason: refusal };
  const isTaken = twin?.observedDesired?.value === desired;
  const taken = isTaken ? setAt(twin.observedDesired) : written;
  if (reported !== undefined && sameValue(type, desired, reported))
    return { status: 'applied', ...since(later(taken, setAt(twin?.reported))) };
  return { status: 'pending', ...since(taken), reason: isTaken ? reportOf(row) : 'the edge has not confirmed it yet' };
}

function reportOf({ reported }: TwinRow): string {
  return reported === undefined ? 'the device has reported nothing yet' : `the device reports ${reported}`;
}

function setAt(side: TwinProperty | undefined): string | undefined {
  return timeOf(side?.metadata?.['timestamp']);
}

function later(...times: readonly (string | undefined)[]): string | undefined {
  return times.filter((time) => time !== undefined).sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1); // prettier-ignore
}

function since(time: string | undefined): { since?: string } {
  return time === undefined ? {} : { since: time };
}

/** When somebody last wrote the properties, by the API's own record. The edge's copy of the device has none. */
function writtenAt({ device }: DeviceView): string | undefined {
  const records = (device.metadata.managedFields ?? []) as readonly FieldsRecord[];
  const times = records.flatMap(({ fieldsV1, time }) => (fieldsV1?.['f:spec']?.['f:properties'] === undefined || !time ? [] : [time]));
  return later(...times);
}

interface FieldsRecord {
  readonly time?: string;
  readonly fieldsV1?: { readonly 'f:spec'?: { readonly 'f:properties'?: unknown } };
}
