import type { Change } from '../kube/change.ts';
import type { KubeClient } from '../kube/client.ts';
import { Informer } from '../kube/informer.ts';
import { keyOf } from '../kube/object-cache.ts';
import { unlessMissing } from '../kube/unless-missing.ts';
import type { Device, DeviceStatus } from '../protocol/devices.ts';
import { RESOURCES } from '../protocol/kubernetes.ts';
import type { ApiResource, KubeObject } from '../protocol/kubernetes.ts';
import { CommandScope } from './command-scope.ts';
import { LatestValues } from './latest-values.ts';
import type { DeviceView } from './twin-rows.ts';

/** What is followed: absent `namespace` means all namespaces. */
interface Selection {
  readonly client: KubeClient;
  readonly namespace?: string | undefined;
}

/**
 * All objects of a resource at once, as added, then each change, over restarts of the API server, until the signal aborts (then it throws the
 * signal's reason).
 */
export async function* watchObjects<T extends KubeObject>(
  resource: ApiResource,
  selection: Selection,
  signal: AbortSignal,
): AsyncGenerator<Change<T>[]> {
  // The first failure is told at once; later ones are the informer's to overcome.
  await selection.client.list(resource, { ...namespaceOf(selection), limit: 1 });
  const scope = new CommandScope(signal);
  try {
    const informer = new Informer<T>({ client: selection.client, resource, ...namespaceOf(selection) });
    await informer.start(scope);
    yield* changesOf(informer, scope, (object) => object);
  } finally {
    await scope.end();
  }
}

/** As `watchObjects`, for devices: each with its DeviceStatus where that kind exists, whose changes are changes of the device. */
export async function* watchDevices(selection: Selection, signal: AbortSignal): AsyncGenerator<Change<DeviceView>[]> {
  const { client } = selection;
  await client.list(RESOURCES.device, { ...namespaceOf(selection), limit: 1 });
  const scope = new CommandScope(signal);
  try {
    const followed = { client, ...namespaceOf(selection) };
    const devices = new Informer<Device>({ ...followed, resource: RESOURCES.device });
    const hasStatuses = await unlessMissing(client.list(RESOURCES.deviceStatus, { ...namespaceOf(selection), limit: 1 }));
    const statuses = hasStatuses && new Informer<DeviceStatus>({ ...followed, resource: RESOURCES.deviceStatus });
    await statuses?.start(scope);
    await devices.start(scope);
    const view = (device: Device): DeviceView => ({ device, status: statuses?.get(keyOf(device)) });
    yield* changesOf(devices, scope, view, (changed) => {
      const told = (status: DeviceStatus): void => changed(devices.get(keyOf(status)));
      statuses?.onChange(scope, { added: told, updated: (_, status) => told(status) });
    });
  } finally {
    await scope.end();
  }
}

async function* changesOf<T extends KubeObject, R>(
  informer: Informer<T>,
  scope: CommandScope,
  rowOf: (object: T) => R,
  alsoFollow: (changed: (object: T | undefined) => void) => void = () => undefined,
): AsyncGenerator<Change<R>[]> {
  const first: Change<R>[] = informer.list().map((object) => ({ type: 'ADDED', row: rowOf(object) }));
  const changes = new LatestValues<Change<R>[]>(first);
  const put = (type: Change<R>['type'], object: T): void => changes.put([{ type, row: rowOf(object) }]);
  let telling = false;
  const unless = (tell: () => void): void => {
    if (telling) tell();
  };
  informer.onChange(scope, {
    added: (object) => unless(() => put('ADDED', object)),
    updated: (_, object) => put('MODIFIED', object),
    deleted: (object) => put('DELETED', object),
  });
  alsoFollow((object) => unless(() => object && put('MODIFIED', object)));
  // Subscribing tells what is known already, which is the first batch.
  telling = true;
  yield* changes.read(scope.signal);
}

function namespaceOf({ namespace }: Selection): { namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}
