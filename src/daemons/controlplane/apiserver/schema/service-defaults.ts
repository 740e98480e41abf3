import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { hasNodePorts, type Service, type ServicePort, type ServiceSpec } from './service-types.ts';

type LoadBalancer = NonNullable<NonNullable<Service['status']>['loadBalancer']>;

const AFFINITY_SECONDS = 10_800;

export function serviceDefaults(object: KubeObject): KubeObject {
  const { spec = {}, status, ...service } = object as Service;
  const type = orDefault(spec.type, 'ClusterIP');
  const { ports } = spec;
  return {
    ...service,
    spec: {
      ...spec,
      type,
      ...(ports === undefined ? {} : { ports: ports.map(portDefaults) }),
      ...affinityDefaults(spec),
      ...(hasNodePorts({ type }) ? { externalTrafficPolicy: orDefault(spec.externalTrafficPolicy, 'Cluster') } : {}),
      ...(type === 'ExternalName' ? {} : { internalTrafficPolicy: orDefault(spec.internalTrafficPolicy, 'Cluster') }),
    },
    status: { ...status, loadBalancer: withModes(status?.loadBalancer ?? {}) },
  } as KubeObject;
}

/** An address is the load balancer's own unless said otherwise (Kubernetes 1.32). */
function withModes({ ingress, ...rest }: LoadBalancer): LoadBalancer {
  if (ingress === undefined) return rest;
  return { ...rest, ingress: ingress.map((address) => ((address.ip ?? '') === '' ? address : { ipMode: 'VIP', ...address })) };
}

function portDefaults(port: ServicePort): ServicePort {
  const { targetPort } = port;
  const isSet = targetPort !== undefined && targetPort !== 0 && targetPort !== '';
  return { ...port, protocol: orDefault(port.protocol, 'TCP'), targetPort: isSet ? targetPort : (port.port ?? 0) };
}

function affinityDefaults({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec): Partial<ServiceSpec> {
  const affinity = orDefault(sessionAffinity, 'None');
  if (affinity === 'None') return { sessionAffinity: affinity, sessionAffinityConfig: undefined } as unknown as Partial<ServiceSpec>;
  if (affinity !== 'ClientIP' || config?.clientIP?.timeoutSeconds !== undefined) return { sessionAffinity: affinity };
  return { sessionAffinity: affinity, sessionAffinityConfig: { clientIP: { timeoutSeconds: AFFINITY_SECONDS } } };
}

function orDefault(value: string | undefined, otherwise: string): string {
  return value === undefined || value === '' ? otherwise : value;
}
