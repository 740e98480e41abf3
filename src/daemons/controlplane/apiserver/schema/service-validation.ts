import { isIP } from 'node:net';
import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { eachInvalid, forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { goServicePorts } from './go-syntax.ts';
import { validateLabels } from './metadata-validation.ts';
import { dnsSubdomain, qualifiedName } from './name-rules.ts';
import { validateClusterIPs, validateClusterIPsUpdate } from './service-address-validation.ts';
import { validateServicePorts } from './service-port-validation.ts';
import { HEADLESS, hasNodePorts, needsHealthCheck, type LoadBalancerIngress, type Service, type ServiceSpec } from './service-types.ts';
import { validateReachable } from './special-address.ts';

const AFFINITIES = ['ClientIP', 'None'];
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const TRAFFIC = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose'];
const IP_MODES = ['Proxy', 'VIP'];
const MAX_AFFINITY_SECONDS = 86_400;
const KUBELET_PORT = 10_250;

/** Checks a Service before addresses and ports are allocated to it. */
export function validateService(object: KubeObject, old?: KubeObject): FieldError[] {
  const { spec = {} } = object as Service;
  return [
    ...validateType(spec),
    ...validateServicePorts(spec),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(spec),
    ...validateClusterIPs(spec),
    ...validateExternals(spec),
    ...(TYPES.includes(spec.type ?? '') ? [] : [notSupported('spec.type', spec.type, TYPES)]),
    ...validateLoadBalancer(spec),
    ...validateTraffic(spec),
    ...validateIngress((object as Service).status?.loadBalancer?.ingress ?? []),
    ...validateLoadBalancerClass(spec, (old as Service | undefined)?.spec),
    ...(old === undefined ? [] : validateClusterIPsUpdate(spec, (old as Service).spec ?? {})),
  ];
}

/** What a type cannot have, or cannot do without. */
function validateType(spec: ServiceSpec): FieldError[] {
  const { type, clusterIPs = [], ports = [] } = spec;
  if (type === 'ExternalName') return validateExternalName(spec);
  const isHeadless = clusterIPs[0] === HEADLESS;
  const errors = ports.length === 0 && !isHeadless ? [required('spec.ports')] : [];
  if (type === 'LoadBalancer') {
    ports.forEach(({ port }, index) => {
      const detail = `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`;
      if (port === KUBELET_PORT) errors.push(invalid(`spec.ports[${index}]`, port, detail));
    });
  }
  if (hasNodePorts(spec) && isHeadless) {
    errors.push(invalid('spec.clusterIPs[0]', HEADLESS, `may not be set to 'None' for ${String(type)} services`));
  }
  return errors;
}

function validateExternalName({ clusterIPs, ipFamilies, ipFamilyPolicy, externalName = '' }: ServiceSpec): FieldError[] {
  const name = externalName.replace(/\.$/, '');
  return [
    ...Object.entries({ clusterIPs, ipFamilies, ipFamilyPolicy })
      .filter(([, value]) => (value ?? []).length > 0)
      .map(([field]) => forbidden(`spec.${field}`, 'may not be set for ExternalName services')),
    ...(name === '' ? [required('spec.externalName')] : eachInvalid('spec.externalName', name, dnsSubdomain(name))),
  ];
}

function validateAffinity({ sessionAffinity = '', sessionAffinityConfig: config }: ServiceSpec): FieldError[] {
  if (sessionAffinity === '') return [required('spec.sessionAffinity')];
  if (!AFFINITIES.includes(sessionAffinity)) return [notSupported('spec.sessionAffinity', sessionAffinity, AFFINITIES)];
  if (sessionAffinity === 'None') {
    const detail = 'must not be set when session affinity is None';
    return config === undefined ? [] : [forbidden('spec.sessionAffinityConfig', detail)];
  }
  const seconds = config?.clientIP?.timeoutSeconds ?? 0;
  if (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS) return [];
  const detail = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`;
  return [invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds, detail)];
}

function validateExternals({ externalIPs = [] }: ServiceSpec): FieldError[] {
  return externalIPs.flatMap((address, index) => validateReachable(address, `spec.externalIPs[${index}]`));
}

function validateLoadBalancer({ type, ports = [], loadBalancerSourceRanges: ranges = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (type === 'LoadBalancer') {
    const protocols = [...new Set(ports.map(({ protocol }) => protocol))];
    if (protocols.length > 1)
      errors.push(invalid('spec.ports', goServicePorts(ports), "may not contain more than 1 protocol when type is 'LoadBalancer'"));
  }
  if (ranges.length === 0) return errors;
  const field = 'spec.LoadBalancerSourceRanges';
  if (type !== 'LoadBalancer') errors.push(forbidden(field, "may only be used when `type` is 'LoadBalancer'"));
  if (!ranges.every(isNetwork)) {
    errors.push(invalid(field, `[${ranges.join(' ')}]`, 'must be a list of IP ranges. For example, 10.240.0.0/24,10.250.0.0/24 '));
  }
  return errors;
}

/** Who makes the load balancer cannot be asked to hand it over. */
function validateLoadBalancerClass({ type, loadBalancerClass: name }: ServiceSpec, old: ServiceSpec | undefined): FieldError[] {
  const field = 'spec.loadBalancerClass';
  if (type !== 'LoadBalancer') return name === undefined ? [] : [forbidden(field, "may only be used when `type` is 'LoadBalancer'")];
  return [
    ...(old?.type === type && old.loadBalancerClass !== name ? [invalid(field, name, 'may not change once set')] : []),
    ...(name === undefined ? [] : eachInvalid(field, name, qualifiedName(name))),
  ];
}

/** Where the load balancer is, as somebody wrote it into the status. */
function validateIngress(ingress: readonly LoadBalancerIngress[]): FieldError[] {
  return ingress.flatMap(({ ip = '', hostname = '', ipMode: mode }, index) => {
    const field = `status.loadBalancer.ingress[${index}]`;
    const errors = ip !== '' && isIP(ip) === 0 ? [invalid(`${field}.ip`, ip, 'must be a valid IP address')] : [];
    if (mode !== undefined && ip === '') errors.push(forbidden(`${field}.ipMode`, 'may not be specified when `ip` is not set'));
    else if (mode !== undefined && !IP_MODES.includes(mode)) errors.push(notSupported(`${field}.ipMode`, mode, IP_MODES));
    if (hostname === '') return errors;
    errors.push(...eachInvalid(`${field}.hostname`, hostname, dnsSubdomain(hostname)));
    if (isIP(hostname) !== 0) errors.push(invalid(`${field}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    return errors;
  });
}

function isNetwork(text: string): boolean {
  const [address = '', prefix = '', ...more] = text.trim().split('/');
  const family = isIP(address);
  return family !== 0 && more.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

function validateTraffic(spec: ServiceSpec): FieldError[] {
  const { externalTrafficPolicy: external = '', healthCheckNodePort: check = 0, internalTrafficPolicy: internal = '' } = spec;
  const { trafficDistribution: distribution } = spec;
  const errors: FieldError[] = [];
  const field = 'spec.externalTrafficPolicy';
  if (external !== '' && !TRAFFIC.includes(external)) {
    errors.push(invalid(field, external, 'ExternalTrafficPolicy must be empty, Cluster or Local'));
  }
  if (check < 0) errors.push(invalid('spec.healthCheckNodePort', check, 'HealthCheckNodePort must be not less than 0'));
  if (external !== '' && !hasNodePorts(spec)) {
    errors.push(invalid(field, external, 'ExternalTrafficPolicy can only be set on NodePort and LoadBalancer service'));
  }
  if (check > 0 && !needsHealthCheck(spec)) {
    const detail = 'HealthCheckNodePort can only be set on LoadBalancer service with ExternalTrafficPolicy=Local';
    errors.push(invalid('spec.healthCheckNodePort', check, detail));
  }
  if (internal !== '' && !TRAFFIC.includes(internal)) errors.push(notSupported('spec.internalTrafficPolicy', internal, TRAFFIC));
  if (distribution !== undefined && !DISTRIBUTIONS.includes(distribution)) {
    errors.push(notSupported('spec.trafficDistribution', distribution, DISTRIBUTIONS));
  }
  return errors;
}
