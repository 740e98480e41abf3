import type { KubeObject } from '../../src/protocol/kubernetes.ts';
import { Installation } from '../../test/helpers/installation.ts';
import { cpuMs } from './processes.ts';

export const DEVICE = { namespace: 'default', name: 'counter' };
export const TOPIC = topicOf(DEVICE.name);

const MODEL = `
apiVersion: devices.kubeedge.io/v1beta1
kind: DeviceModel
metadata: {name: counter, namespace: default}
spec:
  properties:
  - {name: count, type: INT, accessMode: ReadWrite}
  - {name: target, type: INT, accessMode: ReadWrite}
`;

/** A cloud, an edge and a device, or several, from `kedge init` and `kedge join`; everything is removed after `work`. */
export async function withSite<T>(work: (site: Installation) => Promise<T>, devices = [DEVICE.name]): Promise<T> {
  const site = await Installation.create();
  try {
    await site.apply([MODEL, ...devices.map(deviceManifest)].join('---\n'));
    return await work(site);
  } finally {
    await site.remove();
  }
}

function deviceManifest(name: string): string {
  return `
apiVersion: devices.kubeedge.io/v1beta1
kind: Device
metadata: {name: ${name}, namespace: ${DEVICE.namespace}}
spec:
  deviceModelRef: {name: counter}
  nodeName: edge-1
  properties:
  - {name: count}
  - {name: target, desired: {value: "0"}}
`;
}

/** Where an application reports twins of a device. */
export function topicOf(device: string): string {
  return `$hw/events/device/${DEVICE.namespace}/${device}/twin/update`;
}

/** What an application publishes for the property `count`. */
export function report(value: number): string {
  return JSON.stringify({ twin: { count: { actual: { value: String(value) }, metadata: { type: 'int' } } } });
}

/** The reported value of `count` in a Device or DeviceStatus. */
export function reportedCount(
  object: KubeObject & { status?: { twins?: { propertyName: string; reported?: { value: string } }[] } },
): number {
  return Number(object.status?.twins?.find(({ propertyName }) => propertyName === 'count')?.reported?.value);
}

/** CPU time of both daemons, ms, divided by `times`, while `work` runs. */
export async function cpuPerTime(
  site: Installation,
  times: () => number,
  work: () => Promise<void>,
): Promise<{ cloudCpuMs: number; edgeCpuMs: number }> {
  const [cloud, edge] = [await site.pid('cloud'), await site.pid('edge')];
  const before = [cpuMs(cloud), cpuMs(edge)] as const;
  await work();
  const share = (now: number, then: number): number => Number(((now - then) / times()).toFixed(3));
  return { cloudCpuMs: share(cpuMs(cloud), before[0]), edgeCpuMs: share(cpuMs(edge), before[1]) };
}
