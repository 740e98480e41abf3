import { KedgeError } from '../kernel/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { listAll } from '../kube/list-all.ts';
import type { Device, DeviceModel } from '../protocol/devices.ts';
import { RESOURCES } from '../protocol/kubernetes.ts';
import { mustFind } from './must-find.ts';

/** @throws KedgeError NOT_FOUND */
export function getModel(client: KubeClient, namespace: string, name: string): Promise<DeviceModel> {
  return mustFind(
    client.get<DeviceModel>(RESOURCES.deviceModel, name, namespace),
    `device model ${name} in namespace ${namespace}`,
    'kedge device model list, or kedge device model create -f FILE',
  );
}

/** @throws KedgeError CONFLICT while a device has this model */
export async function deleteModel(client: KubeClient, namespace: string, name: string): Promise<void> {
  const { items } = await listAll<Device>(client, RESOURCES.device, { namespace });
  const users = items.filter(({ spec }) => spec?.deviceModelRef?.name === name).map(({ metadata }) => metadata.name);
  if (users.length > 0) {
    throw new KedgeError('CONFLICT', `device model ${name} is in use by ${users.slice(0, 3).join(', ')}${users.length > 3 ? ', …' : ''}`, {
      hint: `kedge device delete ${users[0] ?? ''}`,
    });
  }
  await client.delete(RESOURCES.deviceModel, name, namespace);
}
