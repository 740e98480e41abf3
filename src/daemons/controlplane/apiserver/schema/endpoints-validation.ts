import { isIPv4, isIPv6 } from 'node:net';
import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { duplicate, eachInvalid, invalid, notSupported, required, tooMany, type FieldError } from './field-error.ts';
import { dnsLabel, dnsSubdomain, portNumber, qualifiedName, validIp } from './name-rules.ts';
import { PORT_PROTOCOLS } from './service-types.ts';
import { validateNonSpecial } from './special-address.ts';

interface EndpointPort {
  name?: string;
  port?: number;
  protocol?: string;
  appProtocol?: string;
}

interface EndpointAddress {
  ip?: string;
  hostname?: string;
  nodeName?: string;
}

interface Endpoints extends KubeObject {
  subsets?: { addresses?: EndpointAddress[]; notReadyAddresses?: EndpointAddress[]; ports?: EndpointPort[] }[];
}

interface EndpointSlice extends KubeObject {
  addressType?: string;
  endpoints?: { addresses?: string[]; hostname?: string; nodeName?: string; deprecatedTopology?: Record<string, string> }[];
  ports?: EndpointPort[];
}

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const MAX_ENDPOINTS = 1_000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 100;

export function endpointsDefaults(object: KubeObject): KubeObject {
  const { subsets, ...rest } = object as Endpoints;
  if (subsets === undefined) return object;
  const defaulted = subsets.map((subset) => {
    const { ports } = subset;
    return ports === undefined ? subset : { ...subset, ports: ports.map((port) => ({ ...port, protocol: protocolOf(port) })) };
  });
  return { ...rest, subsets: defaulted } as KubeObject;
}

export function endpointSliceDefaults(object: KubeObject): KubeObject {
  const { ports, ...rest } = object as EndpointSlice;
  if (ports === undefined) return object;
  return { ...rest, ports: ports.map((port) => ({ name: '', ...port, protocol: protocolOf(port) })) } as KubeObject;
}

function protocolOf({ protocol = '' }: EndpointPort): string {
  return protocol === '' ? 'TCP' : protocol;
}

export function validateEndpoints(object: KubeObject): FieldError[] {
  return ((object as Endpoints).subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const field = `subsets[${index}]`;
    const errors =
      addresses.length + notReadyAddresses.length === 0 ? [required(field, 'must specify `addresses` or `notReadyAddresses`')] : [];
    addresses.forEach((address, at) => errors.push(...validateAddress(address, `${field}.addresses[${at}]`)));
    notReadyAddresses.forEach((address, at) => errors.push(...validateAddress(address, `${field}.notReadyAddresses[${at}]`)));
    ports.forEach((port, at) => errors.push(...validatePort(port, `${field}.ports[${at}]`, ports.length > 1)));
    return errors;
  });
}

function validateAddress({ ip = '', hostname = '', nodeName }: EndpointAddress, field: string): FieldError[] {
  return [
    ...eachInvalid(`${field}.ip`, ip, validIp(ip)),
    ...(hostname === '' ? [] : eachInvalid(`${field}.hostname`, hostname, dnsLabel(hostname))),
    ...(nodeName === undefined ? [] : eachInvalid(`${field}.nodeName`, nodeName, dnsSubdomain(nodeName))),
    ...validateNonSpecial(ip, `${field}.ip`),
  ];
}

function validatePort({ name = '', port = 0, ...rest }: EndpointPort, field: string, needsName: boolean): FieldError[] {
  return [
    ...(name === '' ? (needsName ? [required(`${field}.name`)] : []) : eachInvalid(`${field}.name`, name, dnsLabel(name))),
    ...eachInvalid(`${field}.port`, port, portNumber(port)),
    ...validateProtocols(rest, field),
  ];
}

function validateProtocols({ protocol = '', appProtocol }: EndpointPort, field: string): FieldError[] {
  const errors = protocol === '' ? [required(`${field}.protocol`)] : [];
  if (protocol !== '' && !PORT_PROTOCOLS.includes(protocol)) errors.push(notSupported(`${field}.protocol`, protocol, PORT_PROTOCOLS));
  return appProtocol === undefined ? errors : [...errors, ...eachInvalid(`${field}.appProtocol`, appProtocol, qualifiedName(appProtocol))];
}

export function validateEndpointSlice(object: KubeObject, old?: KubeObject): FieldError[] {
  const { addressType = '', endpoints = [], ports = [] } = object as EndpointSlice;
  return [
    ...validateAddressType(addressType),
    ...validateEndpointList(endpoints, addressType),
    ...validateSlicePorts(ports),
    ...(old !== undefined && (old as EndpointSlice).addressType !== addressType
      ? [invalid('addressType', addressType, 'field is immutable')]
      : []),
  ];
}

function validateAddressType(type: string): FieldError[] {
  if (type === '') return [required('addressType')];
  return ADDRESS_TYPES.includes(type) ? [] : [notSupported('addressType', type, ADDRESS_TYPES)];
}

function validateEndpointList(endpoints: NonNullable<EndpointSlice['endpoints']>, type: string): FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  return endpoints.flatMap(({ addresses = [], hostname, nodeName }, index) => {
    const field = `endpoints[${index}]`;
    const place = `${field}.addresses`;
    const errors = addresses.length === 0 ? [required(place, 'must contain at least 1 address')] : [];
    if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(place, addresses.length, MAX_ADDRESSES));
    addresses.forEach((address, at) => errors.push(...validateSliceAddress(address, `${place}[${at}]`, type)));
    if (nodeName !== undefined) errors.push(...eachInvalid(`${field}.nodeName`, nodeName, dnsSubdomain(nodeName)));
    if (hostname !== undefined) errors.push(...eachInvalid(`${field}.hostname`, hostname, dnsLabel(hostname)));
    return errors;
  });
}

function validateSliceAddress(address: string, field: string, type: string): FieldError[] {
  if (type === 'FQDN') return eachInvalid(field, address, dnsSubdomain(address));
  if (type === 'IPv4')
    return isIPv4(address) ? validateNonSpecial(address, field) : [invalid(field, address, 'must be a valid IPv4 address')];
  if (type === 'IPv6')
    return isIPv6(address) ? validateNonSpecial(address, field) : [invalid(field, address, 'must be a valid IPv6 address')];
  return [];
}

function validateSlicePorts(ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany('ports', ports.length, MAX_PORTS)];
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const field = `ports[${index}]`;
    const { name = '' } = port;
    const errors = name === '' ? [] : eachInvalid(`${field}.name`, name, dnsLabel(name));
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    return [...errors, ...validateProtocols(port, field)];
  });
}
