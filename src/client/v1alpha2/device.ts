import type { CustomizedValue, Device, DeviceProperty, VisitorConfig } from '../../protocol/devices.ts';
import { apiVersionOf, RESOURCES } from '../../protocol/kubernetes.ts';
import type { KubeObject } from '../../protocol/kubernetes.ts';
import { cannot, convertMetadata, readOld } from './conversion.ts';
import type { Converted, Loss } from './conversion.ts';
import { oldDevice } from './device-schema.ts';
import type { OldDevice, OldProtocol, OldTwin, OldVisitor } from './device-schema.ts';

/** The parts of a protocol or a visitor of which one may be there. */
const PROTOCOLS = ['opcua', 'modbus', 'bluetooth', 'customizedProtocol'] as const;
/** What KubeEdge's own examples have as key, and what Kubernetes has. */
const HOSTNAME_KEYS = ['', 'kubernetes.io/hostname'];

/**
 * A Device of v1alpha2 (fields of KubeEdge 1.14.5, reference/devices.md §2) as v1beta1: every protocol is a name and its `configData`, the
 * desired values of the twins stand in the properties.
 * @throws KedgeError INVALID_INPUT naming the key that cannot be converted
 */
export function convertDevice(old: KubeObject): Converted<Device> {
  const { spec, status } = readOld(old, oldDevice);
  const losses: Loss[] = [];
  const nodeName = nodeOf(old, spec.nodeSelector);
  const protocol = protocolOf(old, spec.protocol);
  const properties = propertiesOf(old, spec.propertyVisitors, status.twins, losses);
  addDataLosses(spec.data, losses);
  const object: Device = {
    apiVersion: apiVersionOf(RESOURCES.device),
    kind: RESOURCES.device.kind,
    metadata: convertMetadata(old.metadata, losses),
    spec: {
      ...(spec.deviceModelRef !== undefined && { deviceModelRef: spec.deviceModelRef }),
      ...(nodeName !== undefined && { nodeName }),
      ...(protocol !== undefined && { protocol }),
      properties,
    },
  };
  return { object, losses };
}

/** KubeEdge up to 1.14 takes the first value of the first expression of the first term, whatever else stands there. */
function nodeOf(old: KubeObject, selector: OldDevice['spec']['nodeSelector']): string | undefined {
  if (selector === undefined) return undefined;
  const requirements = selector.nodeSelectorTerms.flatMap(({ matchExpressions = [], matchFields = [] }) => [
    ...matchExpressions,
    // Never taken for a node.
    ...matchFields.map(() => undefined),
  ]);
  const [only, ...others] = requirements;
  const [name = '', ...moreNames] = only?.values ?? [];
  const isHostname = only?.operator === 'In' && HOSTNAME_KEYS.includes(only.key ?? '');
  if (isHostname && name !== '' && others.length + moreNames.length === 0) return name;
  const todo = 'leave one term, with one expression {key: kubernetes.io/hostname, operator: In, values: [NODE]}';
  throw cannot(old, 'spec.nodeSelector', 'a device is attached to one node, by its name', todo);
}

function protocolOf(old: KubeObject, { common, ...protocols }: OldProtocol): NonNullable<Device['spec']>['protocol'] {
  const config = configOf(old, 'spec.protocol', protocols, { common });
  if (config === undefined) return undefined;
  const { protocolName, configData } = config;
  return { ...(protocolName !== undefined && { protocolName }), ...(configData !== undefined && { configData }) };
}

/** The one protocol that is there, and under their own names what was common to all. */
function configOf(
  old: KubeObject,
  path: string,
  protocols: Pick<OldProtocol | OldVisitor, (typeof PROTOCOLS)[number]>,
  extra: Readonly<Record<string, object | undefined>>,
): VisitorConfig | undefined {
  const [kind, second] = PROTOCOLS.filter((name) => protocols[name] !== undefined);
  if (second !== undefined) throw cannot(old, path, `it has two protocols, ${kind ?? ''} and ${second}`, 'leave one of them');
  const { customizedProtocol } = protocols;
  const own = kind === undefined ? {} : ((kind === 'customizedProtocol' ? customizedProtocol?.configData : protocols[kind]) ?? {});
  const added = Object.entries(extra).filter(([, value]) => value !== undefined && Object.keys(value).length > 0);
  for (const [key] of added) {
    if (key in own) throw cannot(old, `${path}.${key}`, `configData has the key ${key}, too`, 'give that key of configData another name');
  }
  const protocolName = kind === 'customizedProtocol' ? customizedProtocol?.protocolName : kind;
  const configData: CustomizedValue = { ...own, ...Object.fromEntries(added) };
  if (kind === undefined && added.length === 0) return undefined;
  return { ...(protocolName !== undefined && { protocolName }), ...(Object.keys(configData).length > 0 && { configData }) };
}

/** In the order of the visitors; then those that have a twin only. Only twins were reported to the cloud. */
function propertiesOf(old: KubeObject, visitors: readonly OldVisitor[], twins: readonly OldTwin[], losses: Loss[]): DeviceProperty[] {
  const visited = visitors.map((visitor, index) => {
    const { propertyName: name, reportCycle, collectCycle, customizedValues, ...protocols } = visitor;
    const visitorConfig = configOf(old, `spec.propertyVisitors[${index}]`, protocols, { customizedValues });
    const property: DeviceProperty = {
      name,
      ...(visitorConfig !== undefined && { visitors: visitorConfig }),
      ...(reportCycle !== undefined && { reportCycle }),
      ...(collectCycle !== undefined && { collectCycle }),
    };
    return property;
  });
  const names = new Set(visited.map(({ name }) => name));
  const unvisited = twins
    .filter(({ propertyName }) => !names.has(propertyName))
    .map(({ propertyName: name }): DeviceProperty => ({ name }));
  const wanted = new Map(twins.map((twin, index) => [twin.propertyName, twinOf(old, twins, twin, `status.twins[${index}]`, losses)]));
  return [...visited, ...unvisited].map((property) => ({ ...property, ...wanted.get(property.name) }));
}

function twinOf(
  old: KubeObject,
  twins: readonly OldTwin[],
  { propertyName, desired, reported }: OldTwin,
  path: string,
  losses: Loss[],
): Pick<DeviceProperty, 'desired' | 'reportToCloud'> {
  if (twins.filter((other) => other.propertyName === propertyName).length > 1) {
    throw cannot(old, `${path}.propertyName`, `${propertyName} is there twice`, 'leave one of them');
  }
  if (reported !== undefined) losses.push({ path: `${path}.reported`, why: 'the device reports it anew' });
  const { value = '', metadata } = desired ?? {};
  if (value === '') {
    // An empty value desires nothing.
    if (metadata !== undefined) losses.push({ path: `${path}.desired.metadata`, why: 'nothing is desired' });
    return { reportToCloud: true };
  }
  return { desired: { value, ...(metadata !== undefined && { metadata }) }, reportToCloud: true };
}

function addDataLosses({ dataProperties, dataTopic }: OldDevice['spec']['data'], losses: Loss[]): void {
  const why = 'where a mapper publishes a property stands in its pushMethod';
  for (const [index, { propertyName }] of dataProperties.entries()) {
    losses.push({ path: `spec.data.dataProperties[${index}]`, why: `${why}: ${propertyName}` });
  }
  if (dataTopic !== undefined) losses.push({ path: 'spec.data.dataTopic', why: `${why}: ${dataTopic}` });
}
