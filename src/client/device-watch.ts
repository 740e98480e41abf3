import { KedgeError } from '../kernel/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { Informer } from '../kube/informer.ts';
import type { Device, DeviceStatus } from '../protocol/devices.ts';
import { RESOURCES } from '../protocol/kubernetes.ts';
import type { Node } from '../protocol/kubernetes.ts';
import { sameValue } from '../protocol/twin-value.ts';
import { adminStream } from './admin-client.ts';
import type { Answerer } from './answerer.ts';
import { CommandScope } from './command-scope.ts';
import { getDevice, viewDevice } from './devices.ts';
import { unlessMissing } from '../kube/unless-missing.ts';
import { LatestValues } from './latest-values.ts';
import { nodeState } from './nodes.ts';
import { twinRows } from './twin-rows.ts';
import type { DeviceView } from './twin-rows.ts';

/**
 * The device as it is now and after each change; undefined once it is deleted, which is the end. Until the signal aborts (then it throws
 * the signal's reason), over restarts of the API server.
 * @throws KedgeError NOT_FOUND
 */
export async function* watchDevice(
  answerer: Answerer,
  namespace: string,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<DeviceView | undefined> {
  const first = await viewDevice(answerer, namespace, name);
  if (answerer.at === 'cloud') yield* watchApi(answerer.client, first, signal);
  else yield* watchEdge(answerer.socket, first, signal);
}

/**
 * Waits until the device has reported these values.
 * @throws KedgeError TIMEOUT after `ms`, saying which value is not there yet
 */
export async function waitForReports(
  client: KubeClient,
  device: Device,
  wanted: ReadonlyMap<string, string>,
  { ms, signal }: { ms: number; signal: AbortSignal },
): Promise<DeviceView> {
  const { namespace = 'default', name } = device.metadata;
  const deadline = AbortSignal.timeout(ms);
  let missing = '';
  try {
    for await (const view of watchDevice({ at: 'cloud', client }, namespace, name, AbortSignal.any([signal, deadline]))) {
      if (view === undefined) break;
      const late = twinRows(view).find(({ property, reported = '', type }) => {
        const value = wanted.get(property);
        return value !== undefined && !sameValue(type, value, reported);
      });
      if (late === undefined) return view;
      missing = `${late.property} is reported as ${late.reported ?? 'nothing'}, not ${wanted.get(late.property) ?? ''}`;
    }
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error;
    // Who may not read nodes is told what was missed all the same.
    const node = await absentNode(client, device).catch(() => undefined);
    throw new KedgeError('TIMEOUT', `device ${name} did not follow within ${ms / 1000} s: ${missing}${node?.why ?? ''}`, {
      hint: node?.hint ?? `kedge device watch ${name}`,
    });
  }
  throw new KedgeError('NOT_FOUND', `device ${name} was deleted meanwhile`);
}

/** Why nothing can come from the device's node; undefined when it is Ready. */
async function absentNode(client: KubeClient, { metadata, spec }: Device): Promise<{ why: string; hint: string } | undefined> {
  const name = spec?.nodeName;
  if (!name) return { why: '; it is on no node', hint: `kedge device get ${metadata.name}` };
  const node = await unlessMissing(client.get<Node>(RESOURCES.node, name));
  if (node === undefined) return { why: `; its node ${name} does not exist`, hint: 'kedge node list' };
  const [state = ''] = nodeState(node).split(',');
  return state === 'Ready' ? undefined : { why: `; its node ${name} is ${state}`, hint: `kedge node get ${name}, and there: kedge status` };
}

async function* watchEdge(socket: string, first: DeviceView, signal: AbortSignal): AsyncGenerator<DeviceView> {
  yield first;
  const { namespace = 'default', name } = first.device.metadata;
  const path = `/devices/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/watch`;
  for await (const device of adminStream<Device>(socket, path, signal)) yield { device };
  // The stream ends when the device is gone, or the daemon; this tells which.
  await getDevice({ at: 'edge', socket }, namespace, name);
}

async function* watchApi(client: KubeClient, first: DeviceView, signal: AbortSignal): AsyncGenerator<DeviceView | undefined> {
  const { namespace = 'default', name } = first.device.metadata;
  const selection = { client, namespace, fieldSelector: `metadata.name=${name}` };
  const devices = new Informer<Device>({ ...selection, resource: RESOURCES.device });
  const hasStatuses = await unlessMissing(client.list(RESOURCES.deviceStatus, { namespace, limit: 1 }));
  const statuses = hasStatuses && new Informer<DeviceStatus>({ ...selection, resource: RESOURCES.deviceStatus });
  const key = `${namespace}/${name}`;
  const changes = new LatestValues<DeviceView | undefined>(first);
  const current = (): DeviceView | undefined => {
    const device = devices.get(key);
    return device && { device, status: statuses?.get(key), model: first.model };
  };
  const scope = new CommandScope(signal);
  try {
    const told = { added: () => changes.put(current()), updated: () => changes.put(current()), deleted: () => changes.put(current()) };
    await statuses?.start(scope);
    await devices.start(scope);
    statuses?.onChange(scope, told);
    devices.onChange(scope, told);
    for await (const view of changes.read(signal)) {
      yield view;
      if (view === undefined) return;
    }
  } finally {
    await scope.end();
  }
}
