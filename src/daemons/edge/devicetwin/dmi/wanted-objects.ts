import { createHash } from 'node:crypto';
import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { dmiDevice, dmiModel, modelNameOf, NotForMappers, protocolOf } from '../../../../protocol/dmi-device.ts';
import type { DmiDevice, DmiDeviceModel } from '../../../../protocol/dmi.ts';
import { formatDeviceId } from '../../../../protocol/topics.ts';
import { deviceIdOf } from '../device-objects.ts';

/** One object that a mapper is to know of. */
export interface Wanted<T> {
  readonly object: T;
  /** Changes with what the mapper would be told. */
  readonly digest: string;
}

export interface WantedObjects {
  /** By `namespace/name`. */
  readonly models: ReadonlyMap<string, Wanted<DmiDeviceModel>>;
  readonly devices: ReadonlyMap<string, Wanted<DmiDevice>>;
  /** Devices that mappers cannot be told of, and why. */
  readonly held: ReadonlyMap<string, string>;
}

/** The devices of a protocol, with their models. A device waits for the model that it names. */
export function wantedObjects(protocol: string, devices: readonly KubeObject[], models: readonly KubeObject[]): WantedObjects {
  const known = new Map(models.map((model) => [deviceIdOf(model), model]));
  const wantedModels = new Map<string, Wanted<DmiDeviceModel>>();
  const wantedDevices = new Map<string, Wanted<DmiDevice>>();
  const held = new Map<string, string>();
  for (const device of devices.filter((each) => protocolOf(each) === protocol)) {
    const id = deviceIdOf(device);
    const [namespace = ''] = id.split('/');
    const modelName = modelNameOf(device);
    const modelId = formatDeviceId({ namespace, name: modelName });
    const model = known.get(modelId);
    if (modelName !== '' && model === undefined) {
      held.set(id, `its model ${modelId} has not come yet`);
      continue;
    }
    try {
      wantedDevices.set(id, wanted(dmiDevice(device, model)));
      if (model !== undefined && !wantedModels.has(modelId)) wantedModels.set(modelId, wanted(dmiModel(model)));
    } catch (error) {
      if (!(error instanceof NotForMappers)) throw error;
      held.set(id, error.message);
    }
  }
  return { models: wantedModels, devices: wantedDevices, held };
}

function wanted<T>(object: T): Wanted<T> {
  return { object, digest: createHash('sha256').update(JSON.stringify(object)).digest('base64url') };
}
