import type { Device, DeviceModel } from '../../protocol/devices.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';
import type { ApiResource, KubeObject } from '../../protocol/kubernetes.ts';
import { checkDeviceSpec, checkModelSpec } from '../check-spec.ts';
import { inNamespace, parseManifests, readInput } from '../manifest.ts';
import { isOld, OLD_VERSION } from './conversion.ts';
import type { Converted, Loss } from './conversion.ts';
import { convertDeviceModel } from './device-model.ts';
import { convertDevice } from './device.ts';

interface Kind<T extends KubeObject> {
  readonly resource: ApiResource;
  readonly convert: (old: KubeObject) => Converted<T>;
  /** @throws KedgeError INVALID_INPUT */
  readonly check: (object: T) => T;
}

const DEVICE: Kind<Device> = { resource: RESOURCES.device, convert: convertDevice, check: checkDeviceSpec };
const DEVICE_MODEL: Kind<DeviceModel> = { resource: RESOURCES.deviceModel, convert: convertDeviceModel, check: checkModelSpec };

/** Objects that a person wrote, as they are to be stored, and what of each found no place in that. */
export interface WrittenObjects<T extends KubeObject> {
  readonly objects: readonly T[];
  /** By the object's place in the list. */
  readonly losses: readonly (readonly Loss[])[];
}

/**
 * Reads the Devices of a file, or of stdin for `-`, in v1beta1 or in v1alpha2. Checked, and each in its namespace.
 * @param namespace what the `-n` flag says
 * @throws KedgeError NOT_FOUND, PERMISSION, USAGE, or INVALID_INPUT naming the key that is wrong or cannot be converted
 */
export function readDevices(path: string, namespace: string | undefined): Promise<WrittenObjects<Device>> {
  return read(path, namespace, DEVICE);
}

/** The same for DeviceModels. */
export function readDeviceModels(path: string, namespace: string | undefined): Promise<WrittenObjects<DeviceModel>> {
  return read(path, namespace, DEVICE_MODEL);
}

async function read<T extends KubeObject>(path: string, namespace: string | undefined, kind: Kind<T>): Promise<WrittenObjects<T>> {
  const source = path === '-' ? 'stdin' : path;
  const given = await parseManifests<T>(await readInput(path), source, kind.resource, [OLD_VERSION]);
  const converted = given.map((object) => (isOld(object) ? kind.convert(object) : { object, losses: [] }));
  return {
    objects: converted.map(({ object }) => inNamespace(kind.check(object), namespace)),
    losses: converted.map(({ losses }) => losses),
  };
}

/** One line for each thing that is lost. */
export function lossLines<T extends KubeObject>({ objects, losses }: WrittenObjects<T>): string[] {
  return objects.flatMap(({ kind = '', metadata }, index) =>
    (losses[index] ?? []).map(({ path, why }) => `not kept of ${kind} ${metadata.name}: ${path}: ${why}`),
  );
}

/** The objects as they were created, those with losses naming them under `losses`. */
export function withLosses<T extends KubeObject>(
  created: readonly T[],
  losses: WrittenObjects<T>['losses'],
): (T & { losses?: readonly Loss[] })[] {
  return created.map((object, index) => {
    const lost = losses[index] ?? [];
    return lost.length === 0 ? object : { ...object, losses: lost };
  });
}
