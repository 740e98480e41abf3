import { parseDeviceId } from '../../../../protocol/topics.ts';
import type { MapperCalls } from '../../../../protocol/dmi.ts';
import type { ToldRow } from '../../../../store/mappers.ts';
import type { WantedObjects } from './wanted-objects.ts';

/** One call of a mapper, and what it knows afterwards: `digest` undefined when it is to forget. */
export type MapperStep = {
  [M in keyof MapperCalls]: {
    readonly method: M;
    readonly request: MapperCalls[M];
    readonly after: Omit<ToldRow, 'digest'> & { readonly digest?: string };
  };
}[keyof MapperCalls];

/**
 * What a mapper must be called for so that it knows of what it should, and of nothing else: models before the devices that use them, and after them when they go.
 * @param again devices (`namespace/name`) that it is told of in any case
 */
export function planCalls({ models, devices }: WantedObjects, told: readonly ToldRow[], again?: ReadonlySet<string>): MapperStep[] {
  const known = new Map(told.map((row) => [`${row.kind} ${row.id}`, row.digest]));
  const steps: MapperStep[] = [];
  for (const [id, { object: model, digest }] of models) {
    const before = known.get(`model ${id}`);
    if (before === digest) continue;
    const method = before === undefined ? 'CreateDeviceModel' : 'UpdateDeviceModel';
    steps.push({ method, request: { model }, after: { kind: 'model', id, digest } });
  }
  for (const [id, { object: device, digest }] of devices) {
    const before = known.get(`device ${id}`);
    if (before === digest && again?.has(id) !== true) continue;
    steps.push({
      method: before === undefined ? 'RegisterDevice' : 'UpdateDevice',
      request: { device },
      after: { kind: 'device', id, digest },
    });
  }
  const gone = (kind: ToldRow['kind'], wanted: ReadonlyMap<string, unknown>): string[] =>
    told.filter((row) => row.kind === kind && !wanted.has(row.id)).map(({ id }) => id);
  for (const id of gone('device', devices)) {
    const { namespace, name } = idOf(id);
    steps.push({ method: 'RemoveDevice', request: { deviceName: name, deviceNamespace: namespace }, after: { kind: 'device', id } });
  }
  for (const id of gone('model', models)) {
    const { namespace, name } = idOf(id);
    steps.push({ method: 'RemoveDeviceModel', request: { modelName: name, modelNamespace: namespace }, after: { kind: 'model', id } });
  }
  return steps;
}

function idOf(id: string): { namespace: string; name: string } {
  return parseDeviceId(id) ?? { namespace: '', name: id };
}
