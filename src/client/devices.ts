import { isDeepStrictEqual } from 'node:util';
import { KedgeError } from '../kernel/errors.ts';
import { isAlreadyExists, isConflict } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { listAll } from '../kube/list-all.ts';
import { unlessMissing } from '../kube/unless-missing.ts';
import type { Device, DeviceModel, DeviceStatus } from '../protocol/devices.ts';
import { apiVersionOf, RESOURCES } from '../protocol/kubernetes.ts';
import type { ApiResource, KubeList, KubeObject } from '../protocol/kubernetes.ts';
import { adminRequest } from './admin-client.ts';
import type { Answerer } from './answerer.ts';
import { getModel } from './device-models.ts';
import { mustFind } from './must-find.ts';
import type { DeviceView } from './twin-rows.ts';
import { checkDesired, checkDevice, mergeDesired } from './twin-rules.ts';

/** Writers that meet on one device take turns; more rounds than this means that something is wrong. */
const MAX_ROUNDS = 50;

/** All devices of a namespace, or of all of them, each with its DeviceStatus where that kind exists. */
export async function listDevices(answerer: Answerer, namespace?: string): Promise<{ list: KubeList<Device>; views: DeviceView[] }> {
  if (answerer.at === 'edge') {
    const items = await adminRequest<Device[]>(answerer.socket, 'GET', '/devices');
    const wanted = items.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
    const list = { apiVersion: apiVersionOf(RESOURCES.device), kind: 'DeviceList', metadata: {}, items: wanted };
    return { list, views: wanted.map((device) => ({ device })) };
  }
  const selection = namespace === undefined ? {} : { namespace };
  const [list, statuses] = await Promise.all([
    listAll<Device>(answerer.client, RESOURCES.device, selection),
    unlessMissing(listAll<DeviceStatus>(answerer.client, RESOURCES.deviceStatus, selection)),
  ]);
  const byKey = new Map((statuses?.items ?? []).map((status) => [`${status.metadata.namespace ?? ''}/${status.metadata.name}`, status]));
  const views = list.items.map((device) => ({ device, status: byKey.get(`${device.metadata.namespace ?? ''}/${device.metadata.name}`) }));
  return { list, views };
}

/** One device. @throws KedgeError NOT_FOUND */
export function getDevice(answerer: Answerer, namespace: string, name: string): Promise<Device> {
  if (answerer.at === 'edge') {
    return adminRequest<Device>(answerer.socket, 'GET', `/devices/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`);
  }
  return mustFind(
    answerer.client.get<Device>(RESOURCES.device, name, namespace),
    `device ${name} in namespace ${namespace}`,
    'kedge device list -A',
  );
}

/** One device with its status and its model. @throws KedgeError NOT_FOUND */
export async function viewDevice(answerer: Answerer, namespace: string, name: string): Promise<DeviceView> {
  const device = await getDevice(answerer, namespace, name);
  const modelName = device.spec?.deviceModelRef?.name;
  if (answerer.at === 'edge') return { device, model: modelName ? await modelAtEdge(answerer.socket, namespace, modelName) : undefined };
  const { client } = answerer;
  const [status, model] = await Promise.all([
    unlessMissing(client.get<DeviceStatus>(RESOURCES.deviceStatus, name, namespace)),
    modelName ? unlessMissing(client.get<DeviceModel>(RESOURCES.deviceModel, modelName, namespace)) : undefined,
  ]);
  return { device, status, model };
}

/** Undefined while it has not come yet. */
async function modelAtEdge(socket: string, namespace: string, name: string): Promise<DeviceModel | undefined> {
  try {
    return await adminRequest<DeviceModel>(socket, 'GET', `/devicemodels/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`);
  } catch (error) {
    if (error instanceof KedgeError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** @throws KedgeError NOT_FOUND when the model or the node of a device does not exist, INVALID_INPUT when the model does not allow it */
export async function checkReferences(client: KubeClient, device: Device): Promise<void> {
  const { namespace = 'default' } = device.metadata;
  const { deviceModelRef, nodeName } = device.spec ?? {};
  if (deviceModelRef) checkDevice(device, await getModel(client, namespace, deviceModelRef.name));
  if (nodeName)
    await mustFind(client.get(RESOURCES.node, nodeName), `node ${nodeName}`, `kedge node list, or kedge node register ${nodeName}`);
}

/** Creates a device after checking that its model and node exist and that the model allows it. */
export async function createDevice(client: KubeClient, device: Device): Promise<Device> {
  await checkReferences(client, device);
  return createOnce(client, RESOURCES.device, device);
}

/** Creates an object with a `spec`. The very same one again changes nothing. @throws KedgeError CONFLICT when another one has its name */
export async function createOnce<T extends KubeObject & { spec?: unknown }>(
  client: KubeClient,
  resource: ApiResource,
  object: T,
): Promise<T> {
  try {
    return await client.create(resource, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const { name, namespace } = object.metadata;
    const existing = await client.get<T>(resource, name, namespace);
    if (isDeepStrictEqual(existing.spec, object.spec)) return existing;
    const verb = resource.kind === 'DeviceModel' ? 'kedge device model' : 'kedge device';
    throw new KedgeError('CONFLICT', `there is another ${resource.kind} ${name} in namespace ${namespace ?? ''} already`, {
      hint: `${verb} get ${name} -o yaml, or ${verb} delete ${name}`,
    });
  }
}

/**
 * Sets desired values after checking them against the model; changes that others make meanwhile are kept.
 * @throws KedgeError NOT_FOUND or INVALID_INPUT; nothing is changed then
 */
export async function setDesired(
  client: KubeClient,
  namespace: string,
  name: string,
  values: ReadonlyMap<string, string>,
): Promise<DeviceView> {
  for (let round = 1; ; round += 1) {
    const device = await getDevice({ at: 'cloud', client }, namespace, name);
    const modelName = device.spec?.deviceModelRef?.name;
    if (!modelName) throw new KedgeError('INVALID_INPUT', `device ${name} has no model, so nothing says what may be set`);
    const model = await getModel(client, namespace, modelName);
    for (const [property, value] of values) checkDesired(model, property, value);
    const properties = mergeDesired(device.spec?.properties ?? [], values);
    if (isDeepStrictEqual(properties, device.spec?.properties)) return { device, model };
    try {
      const changed = { ...device, spec: { ...device.spec, properties } };
      return { device: await client.update<Device>(RESOURCES.device, changed), model };
    } catch (error) {
      if (!isConflict(error) || round >= MAX_ROUNDS) throw error;
    }
  }
}
