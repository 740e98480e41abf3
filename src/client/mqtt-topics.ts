import type { Device } from '../protocol/devices.ts';
import { deviceTopic, membershipTopic, UPLOAD_FILTERS } from '../protocol/topics.ts';
import type { DeviceId, DeviceSuffix } from '../protocol/topics.ts';

/** One topic that an edge understands or publishes. Part of the JSON of `mqtt topics`. */
export interface TopicRow {
  /** `namespace/name`; absent for what concerns no device. */
  readonly device?: string;
  /** What an application does with it. */
  readonly action: 'publish' | 'subscribe';
  readonly topic: string;
  readonly purpose: string;
  /** To be copied into a shell. */
  readonly example: string;
}

/** The topics of an edge (KubeEdge reference, MQTT topics): of each device, then those of the node. */
export function topicRows(nodeName: string, devices: readonly Device[]): TopicRow[] {
  return [...devices.flatMap(rowsOfDevice), ...rowsOfNode(nodeName)];
}

function rowsOfDevice(device: Device): TopicRow[] {
  const { name, namespace = 'default' } = device.metadata;
  const id: DeviceId = { namespace, name };
  const [property] = device.spec?.properties ?? [];
  const twin = property?.name ?? device.status?.twins?.[0]?.propertyName ?? 'PROPERTY';
  const report = JSON.stringify({ twin: { [twin]: { actual: { value: '21' } } } });
  const row = (action: TopicRow['action'], suffix: DeviceSuffix, purpose: string, message = '{}'): TopicRow => {
    const topic = deviceTopic(id, suffix);
    return { device: `${namespace}/${name}`, action, topic, purpose, example: exampleOf(action, topic, message) };
  };
  return [
    row('publish', 'twin/update', 'report values, or desire them', report),
    row('subscribe', 'twin/update/result', 'whether the update was taken'),
    row('subscribe', 'twin/update/document', 'what has changed, before and after'),
    row('subscribe', 'twin/update/delta', 'what is desired and not yet so'),
    row('publish', 'twin/get', 'ask for the whole twin'),
    row('subscribe', 'twin/get/result', 'the answer'),
    row('publish', 'state/update', 'report the state: online, offline, ok, unknown, unhealthy', '{"state":"online"}'),
    row('subscribe', 'state/update/result', 'the answer'),
  ];
}

function rowsOfNode(nodeName: string): TopicRow[] {
  const row = (action: TopicRow['action'], topic: string, purpose: string, message = '{}'): TopicRow => ({
    action,
    topic,
    purpose,
    example: exampleOf(action, topic.replace('#', 'x').replace(/^\+/, 'default'), message),
  });
  return [
    row('publish', membershipTopic(nodeName, 'get'), 'ask which devices this node has'),
    row('subscribe', membershipTopic(nodeName, 'get/result'), 'the answer'),
    row('subscribe', membershipTopic(nodeName, 'updated'), 'a device was added or removed'),
    ...UPLOAD_FILTERS.map((filter) => row('publish', filter, 'goes up to the rules of the cloud', 'hello')),
  ];
}

function exampleOf(action: TopicRow['action'], topic: string, message: string): string {
  return action === 'publish' ? `kedge mqtt pub '${topic}' '${message}'` : `kedge mqtt sub '${topic}'`;
}
