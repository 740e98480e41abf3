import { randomInt } from 'node:crypto';
import { RESOURCES, type KubeObject } from '../../../../protocol/kubernetes.ts';
import type { ObjectWriter } from '../../../../store/kube-objects.ts';
import { invalid as invalidField, type FieldError } from '../schema/field-error.ts';
import { goStringList } from '../schema/go-syntax.ts';
import { HEADLESS, hasNodePorts, needsHealthCheck, type Service, type ServiceSpec } from '../schema/service-types.ts';
import { NODE_PORTS, type ServiceNetwork } from '../service-network.ts';
import { invalid, StatusError } from '../status-error.ts';

type Objects = Pick<ObjectWriter, 'list'>;

/**
 * Gives a valid Service the addresses and node ports that it lacks, and refuses those that are not to be had. What is taken is read
 * from the stored Services themselves, in the same transaction: nothing can leak, and there is nothing to repair after a crash.
 * What the Service has already, as `old` says, stays, though the network is another one since.
 * @throws StatusError 422, 500 when nothing is left
 */
export function allocateService(service: KubeObject, network: ServiceNetwork, objects: Objects, old?: KubeObject): void {
  const spec = (service as Service).spec ?? {};
  const before = (old as Service | undefined)?.spec ?? {};
  const others = [...objects.list(RESOURCES.service.plural)].filter(({ metadata }) => metadata.uid !== service.metadata.uid) as Service[];
  const errors = [
    ...(spec.type === 'ExternalName' ? [] : fitAddress(spec, before, network, others)),
    ...allocatePorts(spec, portsOf(others), portsOf([{ spec: before }])),
  ];
  if (errors.length > 0) throw invalid(RESOURCES.service, service.metadata.name, errors);
}

function fitAddress(spec: ServiceSpec, before: ServiceSpec, network: ServiceNetwork, others: readonly Service[]): FieldError[] {
  const [address = ''] = spec.clusterIPs ?? [];
  if (address !== '' && address === before.clusterIPs?.[0]) return fitFamilies(spec, before.ipFamilies?.[0] ?? network.family);
  return [...fitFamilies(spec, network.family), ...allocateAddress(spec, network, addressesOf(others))];
}

function addressesOf(services: readonly Service[]): ReadonlySet<string> {
  return new Set(services.flatMap(({ spec }) => spec?.clusterIPs ?? []));
}

function portsOf(services: readonly Pick<Service, 'spec'>[]): ReadonlySet<number> {
  return new Set(
    services.flatMap(({ spec }) => [...(spec?.ports ?? []).map(({ nodePort = 0 }) => nodePort), spec?.healthCheckNodePort ?? 0]),
  );
}

/** There is one network, and so one family. */
function fitFamilies(spec: ServiceSpec, family: string): FieldError[] {
  const { ipFamilies = [], ipFamilyPolicy } = spec;
  const errors = ipFamilies.flatMap((asked, index) =>
    asked === family ? [] : [invalidField(`spec.ipFamilies[${index}]`, asked, 'not configured on this cluster')],
  );
  if (ipFamilyPolicy === 'RequireDualStack') {
    errors.push(invalidField('spec.ipFamilyPolicy', ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  }
  spec.ipFamilies = [family];
  spec.ipFamilyPolicy = ipFamilyPolicy ?? 'SingleStack';
  return errors;
}

function allocateAddress(spec: ServiceSpec, network: ServiceNetwork, taken: ReadonlySet<string>): FieldError[] {
  const { clusterIPs = [], clusterIP = '' } = spec;
  const asked = clusterIPs[0] ?? clusterIP;
  if (asked === HEADLESS) return [];
  if (asked === '') {
    const address = freeOne(
      network.size,
      (number) => network.address(number + 1),
      (each) => taken.has(each) || each === network.address(1),
    );
    if (address === undefined) throw failure('failed to allocate a serviceIP: range is full');
    Object.assign(spec, { clusterIP: address, clusterIPs: [address] });
    return [];
  }
  const why = network.contains(asked)
    ? taken.has(asked)
      ? 'provided IP is already allocated'
      : undefined
    : `provided IP is not in the valid range. The range of valid IPs is ${network.cidr}`;
  return why === undefined
    ? []
    : [invalidField('spec.clusterIPs', goStringList(clusterIPs), `failed to allocated ip:${asked} with error:${why}`)];
}

function allocatePorts(spec: ServiceSpec, taken: ReadonlySet<number>, kept: ReadonlySet<number>): FieldError[] {
  const { ports = [] } = spec;
  if (!hasNodePorts(spec)) return [];
  const errors: FieldError[] = [];
  const own = new Set(ports.map(({ nodePort = 0 }) => nodePort));
  const free = (): number => {
    const [first, last] = NODE_PORTS;
    const port = freeOne(
      last - first + 1,
      (number) => first + number,
      (each) => taken.has(each) || own.has(each),
    );
    if (port === undefined) throw failure('failed to allocate a nodePort: range is full');
    own.add(port);
    return port;
  };
  const check = (field: string, port: number): void => {
    if (!kept.has(port)) errors.push(...refuse(field, port, taken));
  };
  ports.forEach((port, index) => {
    if ((port.nodePort ?? 0) !== 0) check(`spec.ports[${index}].nodePort`, port.nodePort ?? 0);
    // TCP and UDP of one port share a node port.
    else port.nodePort = ports.find((each) => each.port === port.port && (each.nodePort ?? 0) !== 0)?.nodePort ?? free();
  });
  if (needsHealthCheck(spec)) {
    if ((spec.healthCheckNodePort ?? 0) === 0) spec.healthCheckNodePort = free();
    else check('spec.healthCheckNodePort', spec.healthCheckNodePort ?? 0);
  }
  return errors;
}

function refuse(field: string, port: number, taken: ReadonlySet<number>): FieldError[] {
  const [first, last] = NODE_PORTS;
  if (port < first || port > last) {
    return [invalidField(field, port, `provided port is not in the valid range. The range of valid ports is ${first}-${last}`)];
  }
  return taken.has(port) ? [invalidField(field, port, 'provided port is already allocated')] : [];
}

/** One of `count` things that is not taken, from a random place on. */
function freeOne<T>(count: number, at: (number: number) => T, isTaken: (value: T) => boolean): T | undefined {
  const start = randomInt(count);
  for (let step = 0; step < count; step += 1) {
    const value = at((start + step) % count);
    if (!isTaken(value)) return value;
  }
  return undefined;
}

function failure(message: string): StatusError {
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}
