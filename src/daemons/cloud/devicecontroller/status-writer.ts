import { isConflict, isNotFound } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import type { Device, DeviceStatus, TwinStatus } from '../../../protocol/devices.ts';
import { RESOURCES, apiVersionOf } from '../../../protocol/kubernetes.ts';
import { mergeStatus } from './merge-status.ts';
import type { PendingReport } from './merge-status.ts';

/**
 * Writes reports to the device's DeviceStatus (KubeEdge ≥ 1.23), which the Device owns, and mirrors them into the Device's own status
 * (KubeEdge up to 1.22). What was written last is remembered per uid, so that a report costs two writes and no read.
 */
export class StatusWriter {
  readonly #kube: KubeClient;
  readonly #written = new Map<string, TwinStatus>();

  constructor(kube: KubeClient) {
    this.#kube = kube;
  }

  /** Resolves when both are durable in the API, or the device is gone. One call at a time per device. */
  async write(device: Device, report: PendingReport): Promise<void> {
    const { uid = '' } = device.metadata;
    const status = mergeStatus(device, this.#written.get(uid) ?? (await this.#read(device)), report);
    this.#written.delete(uid);
    if (!(await this.#mirror(device, status))) return;
    await this.#writeDeviceStatus(device, status);
    this.#written.set(uid, status);
  }

  /** @returns false when there is no such device any more; the uid keeps the status from a successor of the same name. */
  async #mirror({ metadata: { uid, name, namespace = '' } }: Device, status: TwinStatus): Promise<boolean> {
    const patch = { metadata: uid === undefined ? {} : { uid }, status };
    return (await unlessMissing(this.#kube.patch(RESOURCES.device, { name, namespace }, patch, 'merge'))) !== undefined;
  }

  /** For a device that was deleted. A garbage collector may be faster. */
  async remove(device: Device): Promise<void> {
    this.forget(device);
    const { name, namespace = '' } = device.metadata;
    try {
      const found = await this.#kube.get<DeviceStatus>(RESOURCES.deviceStatus, name, namespace);
      const { uid } = found.metadata;
      if (isOwned(found, device)) await this.#kube.delete(RESOURCES.deviceStatus, name, namespace, uid ? { preconditions: { uid } } : {});
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  forget(device: Device): void {
    this.#written.delete(device.metadata.uid ?? '');
  }

  async #read(device: Device): Promise<TwinStatus> {
    const { name, namespace } = device.metadata;
    const found = await unlessMissing(this.#kube.get<DeviceStatus>(RESOURCES.deviceStatus, name, namespace));
    if (found === undefined) return device.status ?? {};
    return (isOwned(found, device) ? found.status : undefined) ?? {};
  }

  async #writeDeviceStatus(device: Device, status: TwinStatus): Promise<void> {
    const { name, namespace = '' } = device.metadata;
    const object = deviceStatusOf(device, status);
    // The owner too: what a deleted device of the same name has left behind is taken over.
    const patch = { metadata: { ownerReferences: object.metadata.ownerReferences }, status };
    const patched = await unlessMissing(this.#kube.patch(RESOURCES.deviceStatus, { name, namespace }, patch, 'merge'));
    if (patched === undefined) await this.#kube.create<DeviceStatus>(RESOURCES.deviceStatus, object, namespace);
  }
}

function isOwned({ metadata }: DeviceStatus, device: Device): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === device.metadata.uid) === true;
}

function deviceStatusOf(device: Device, status: TwinStatus): DeviceStatus {
  const { name, namespace = '', uid = '' } = device.metadata;
  const apiVersion = apiVersionOf(RESOURCES.device);
  const owner = { apiVersion, kind: RESOURCES.device.kind, name, uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion,
    kind: RESOURCES.deviceStatus.kind,
    metadata: { name, namespace, ownerReferences: [owner] },
    spec: {},
    status,
  };
}
