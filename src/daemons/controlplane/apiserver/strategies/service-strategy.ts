import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { semanticEqual } from '../schema/semantic-equal.ts';
import { HEADLESS, hasNodePorts, needsHealthCheck, type Service, type ServicePort, type ServiceSpec } from '../schema/service-types.ts';
import type { ServiceNetwork } from '../service-network.ts';
import type { Strategy } from '../served-resource.ts';
import { open, restore } from './meta-strategy.ts';
import { allocateService } from './service-allocation.ts';

/** Services get their addresses and node ports in the write that needs them (Kubernetes' registry of core/v1 Service). */
export function serviceStrategy(network: ServiceNetwork): Strategy {
  return {
    prepareForCreate: (service) => {
      open(service)['status'] = { loadBalancer: {} };
      const spec = specOf(service);
      if (isSet(spec.clusterIP) && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
    },
    prepareForUpdate: (service, old) => {
      restore(service, old, 'status');
      const [now, before] = [specOf(service), specOf(old)];
      keepAllocated(now, before);
      dropForeign(now, before);
      alignAddresses(now, before);
    },
    prepareForStatusUpdate: (service, old) => restore(service, old, 'spec'),
    allocate: (service, { objects }, old) => allocateService(service, network, objects, old),
  };
}

function specOf(service: KubeObject): ServiceSpec {
  return ((service as Service).spec ??= {});
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';
const hasAddress = ({ type }: ServiceSpec): boolean => type !== 'ExternalName';

/** Who replaces a Service without saying what was allocated keeps it. */
function keepAllocated(now: ServiceSpec, before: ServiceSpec): void {
  if (hasAddress(now) && hasAddress(before)) keepAddress(now, before);
  if (hasNodePorts(now) && hasNodePorts(before)) keepNodePorts(now.ports ?? [], before.ports ?? []);
  if (needsHealthCheck(now) && needsHealthCheck(before)) {
    now.healthCheckNodePort = now.healthCheckNodePort || (before.healthCheckNodePort ?? 0);
  }
}

function keepAddress(now: ServiceSpec, { clusterIP = '', clusterIPs = [] }: ServiceSpec): void {
  if (!isSet(now.clusterIP)) now.clusterIP = clusterIP;
  if ((now.clusterIPs ?? []).length === 0) now.clusterIPs = [...clusterIPs];
}

function keepNodePorts(now: readonly ServicePort[], before: readonly ServicePort[]): void {
  const used = new Set(now.map(({ nodePort = 0 }) => nodePort));
  for (const port of now) {
    const { nodePort = 0 } = before.find((old) => old.port === port.port && old.protocol === port.protocol) ?? {};
    if ((port.nodePort ?? 0) !== 0 || nodePort === 0 || used.has(nodePort)) continue;
    port.nodePort = nodePort;
    used.add(nodePort);
  }
}

/** What the type before needed goes with it, unless it was changed too, which is refused. */
function dropForeign(now: ServiceSpec, before: ServiceSpec): void {
  const drop = (field: keyof ServiceSpec): void => {
    if (semanticEqual(now[field], before[field])) Reflect.deleteProperty(now, field);
  };
  if (hasAddress(before) && !hasAddress(now)) {
    (['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'] as const).forEach(drop);
  }
  if (hasNodePorts(before) && !hasNodePorts(now)) {
    for (const port of now.ports ?? []) {
      const same = before.ports?.some((old) => old.nodePort === port.nodePort && old.port === port.port && old.protocol === port.protocol);
      if (same === true) delete port.nodePort;
    }
    drop('externalTrafficPolicy');
  }
  if (needsHealthCheck(before) && !needsHealthCheck(now)) drop('healthCheckNodePort');
}

/** The older `clusterIP` is the first of `clusterIPs`: who changes one alone means both. */
function alignAddresses(now: ServiceSpec, before: ServiceSpec): void {
  const address = now.clusterIP ?? '';
  if (address === (before.clusterIP ?? '') || !semanticEqual(now.clusterIPs, before.clusterIPs)) return;
  if (address === '') delete now.clusterIPs;
  else now.clusterIPs = [address, ...(now.clusterIPs ?? []).slice(1).filter(() => address !== HEADLESS)];
}
