import { keyOf } from '../../../kube/object-cache.ts';
import type { Device } from '../../../protocol/devices.ts';

/** Which devices are on which node. */
export class DeviceIndex {
  readonly #nodes = new Map<string, Map<string, Device>>();

  set(device: Device): void {
    const { nodeName } = device.spec ?? {};
    if (!nodeName) return;
    const devices = this.#nodes.get(nodeName) ?? new Map<string, Device>();
    this.#nodes.set(nodeName, devices.set(keyOf(device), device));
  }

  remove(device: Device): void {
    const { nodeName = '' } = device.spec ?? {};
    const devices = this.#nodes.get(nodeName);
    devices?.delete(keyOf(device));
    if (devices?.size === 0) this.#nodes.delete(nodeName);
  }

  /** `device` is `namespace/name`. */
  get(nodeName: string, device: string): Device | undefined {
    return this.#nodes.get(nodeName)?.get(device);
  }

  /** True when the device (`namespace/name`) is on the node. */
  has(nodeName: string, device: string): boolean {
    return this.#nodes.get(nodeName)?.has(device) === true;
  }

  devicesOf(nodeName: string): Device[] {
    return [...(this.#nodes.get(nodeName)?.values() ?? [])];
  }

  /** True when a device on the node is of this model (`namespace/name`). */
  usesModel(nodeName: string, model: string): boolean {
    return this.devicesOf(nodeName).some((device) => modelKeyOf(device) === model);
  }

  nodesUsing(model: string): string[] {
    return [...this.#nodes.keys()].filter((nodeName) => this.usesModel(nodeName, model));
  }

  /** Keys of the models of all devices on the node. */
  modelsOf(nodeName: string): Set<string> {
    return new Set(this.devicesOf(nodeName).flatMap((device) => modelKeyOf(device) ?? []));
  }
}

/** `namespace/name` of a device's model, which lives in the device's namespace. */
export function modelKeyOf({ metadata, spec }: Device): string | undefined {
  const name = spec?.deviceModelRef?.name;
  return name ? `${metadata.namespace ?? ''}/${name}` : undefined;
}
