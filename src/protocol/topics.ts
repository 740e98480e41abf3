/**
 * The MQTT topics between applications and the edge (KubeEdge reference, MQTT subscriptions and topics). Devices are named
 * `namespace/name` (two levels, KubeEdge from 1.16) or `name` (one level, up to 1.15).
 */
export interface DeviceId {
  readonly namespace: string;
  readonly name: string;
}

/** How a topic named its device; answers take the same form. */
export type Dialect = 'namespaced' | 'plain';

export interface DeviceRequest {
  readonly kind: 'twin/update' | 'twin/get' | 'state/update';
  readonly device: DeviceId;
  readonly dialect: Dialect;
  /** It came over DMI. */
  readonly isOfMapper?: boolean;
}

export interface MembershipRequest {
  readonly kind: 'membership/get';
  readonly nodeName: string;
}

export type EdgeRequest = DeviceRequest | MembershipRequest;

/** What follows the device in a topic. */
export type DeviceSuffix =
  | 'twin/update'
  | 'twin/update/result'
  | 'twin/update/document'
  | 'twin/update/delta'
  | 'twin/get'
  | 'twin/get/result'
  | 'state/update'
  | 'state/update/result'
  | 'updated';

/** The namespace of devices that are named without one. */
export const DEFAULT_NAMESPACE = 'default';

/** Where KubeEdge answers updates that it cannot read: the ID is empty. */
export const UNREADABLE_UPDATE_TOPIC = '$hw/events/device//twin/update/result';

const DEVICE_REQUESTS: ReadonlySet<string> = new Set<DeviceRequest['kind']>(['twin/update', 'twin/get', 'state/update']);

/** `namespace/name`, the ID of a device from 1.16 on and in the edge's tables. */
export function formatDeviceId({ namespace, name }: DeviceId): string {
  return `${namespace}/${name}`;
}

/** Reads `namespace/name`, or `name` of namespace `default`; undefined for anything else. */
export function parseDeviceId(id: string): DeviceId | undefined {
  const parts = id.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2 || first === '' || second === '') return undefined;
  return second === undefined ? { namespace: DEFAULT_NAMESPACE, name: first } : { namespace: first, name: second };
}

/** `$hw/events/device/{namespace}/{name}/{suffix}`, or without the namespace in the plain dialect. */
export function deviceTopic(device: DeviceId, suffix: DeviceSuffix, dialect: Dialect = 'namespaced'): string {
  return `$hw/events/device/${dialect === 'plain' ? device.name : formatDeviceId(device)}/${suffix}`;
}

/** `$hw/events/node/{node}/membership/{suffix}`. */
export function membershipTopic(nodeName: string, suffix: 'get' | 'get/result' | 'updated'): string {
  return `$hw/events/node/${nodeName}/membership/${suffix}`;
}

/** What a published topic asks of DeviceTwin; undefined if nothing. Levels are read by position, so any ID works. */
export function parseEdgeRequest(topic: string): EdgeRequest | undefined {
  const [hw, events, kind, ...rest] = topic.split('/');
  if (hw !== '$hw' || events !== 'events') return undefined;
  if (kind === 'device') return deviceRequest(rest);
  const [nodeName = ''] = rest;
  if (kind === 'node' && nodeName !== '' && rest.slice(1).join('/') === 'membership/get') return { kind: 'membership/get', nodeName };
  return undefined;
}

function deviceRequest(levels: readonly string[]): DeviceRequest | undefined {
  const suffix = levels.slice(-2).join('/');
  const id = levels.slice(0, -2);
  const device = parseDeviceId(id.join('/'));
  if (device === undefined || !DEVICE_REQUESTS.has(suffix)) return undefined;
  return { kind: suffix as DeviceRequest['kind'], device, dialect: id.length === 1 ? 'plain' : 'namespaced' };
}

/** True for what applications send through to the cloud's router: `$hw/events/upload/#`, `SYS/dis/upload_records`, `+/user/#`. */
export function isUploadTopic(topic: string): boolean {
  const [first = '', second, third] = topic.split('/');
  if (first.startsWith('$')) return first === '$hw' && second === 'events' && third === 'upload';
  return topic === 'SYS/dis/upload_records' || second === 'user';
}

/** What DeviceTwin answers, as filters (KubeEdge reference, MQTT subscriptions), in both dialects. */
const REQUEST_FILTERS = [
  '$hw/events/device/+/+/state/update',
  '$hw/events/device/+/state/update',
  '$hw/events/device/+/+/twin/+',
  '$hw/events/device/+/twin/+',
  '$hw/events/node/+/membership/get',
];
/** What goes up to the cloud's router. */
export const UPLOAD_FILTERS = ['$hw/events/upload/#', 'SYS/dis/upload_records', '+/user/#'];
/** The mappers' time series, for third parties. */
const TIME_SERIES = '$ke/events/';

/** What an edge listens to at an external broker. */
export const EXTERNAL_FILTERS: readonly string[] = [...REQUEST_FILTERS, ...UPLOAD_FILTERS];

/** The same where that broker is bridged with the embedded one. */
export const BRIDGED_FILTERS: readonly string[] = [...EXTERNAL_FILTERS, `${TIME_SERIES}#`];

/** True for what applications publish that is passed on between bridged brokers. Answers are none of it: the edge tells both. */
export function isBridgedTopic(topic: string): boolean {
  return parseEdgeRequest(topic) !== undefined || isUploadTopic(topic) || topic.startsWith(TIME_SERIES);
}

/** True for what the edge alone tells: answers, documents, deltas, and changes of its devices. */
export function isAnswerTopic(topic: string): boolean {
  return /^\$hw\/events\/(device\/.*\/(result|document|delta|updated)|node\/.*\/membership\/(get\/result|updated))$/.test(topic);
}

/** A device message between edge and cloud: `device/{ID}/{suffix}` (KubeEdge wire format, devicecontroller). */
export function deviceResource(cloudId: string, suffix: 'twin/cloud_updated' | 'twin/edge_updated' | 'state/update'): string {
  return `device/${cloudId}/${suffix}`;
}

/** The ID in `device/{ID}/{suffix}`; undefined for any other resource. */
export function parseDeviceResource(
  resource: string,
  suffix: 'twin/cloud_updated' | 'twin/edge_updated' | 'state/update',
): string | undefined {
  const end = `/${suffix}`;
  if (!resource.startsWith('device/') || !resource.endsWith(end)) return undefined;
  const id = resource.slice('device/'.length, -end.length);
  return parseDeviceId(id) === undefined ? undefined : id;
}
