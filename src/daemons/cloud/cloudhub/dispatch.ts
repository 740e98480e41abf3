import type { Message, Route } from '../../../protocol/message.ts';

/** Who takes a message that an edge has sent. */
export type Destination =
  | 'keepalive'
  | 'control'
  | 'csi'
  | 'ack'
  | 'error'
  | 'router'
  | 'taskmanager'
  | 'kubernetesCa'
  | 'dynamiccontroller'
  | 'devicecontroller'
  | 'edgecontroller'
  | 'nobody';

const CONTROL = new Set(['config', 'ping', 'pong']);
const VOLUME = /^\w[-\w.+]*\/volume\/\w[-\w.+]*/;
const TASKS = new Set(['upgrade', 'prepull', 'UpdateNodeActionStatus']);
/** The cloud's own names: an edge that uses one of them speaks for somebody else. */
const OWN_SOURCES = new Set(['cloudhub', 'cloudStream', 'devicecontroller', 'edgecontroller', 'synccontroller']);

type Rule = readonly [Destination, (route: Route) => boolean];

/** KubeEdge wire format, cloud receive dispatch: in this order. */
const RULES: readonly Rule[] = [
  ['control', ({ operation }) => CONTROL.has(operation)],
  ['keepalive', ({ operation }) => operation === 'keepalive'],
  ['csi', ({ resource }) => VOLUME.test(resource)],
  ['ack', ({ operation }) => operation === 'response'],
  ['error', ({ operation }) => operation === 'error'],
  ['router', ({ operation, group }) => operation === 'upload' && group === 'user'],
  ['taskmanager', ({ operation }) => TASKS.has(operation)],
  ['kubernetesCa', ({ resource }) => resource === 'k8s/ca.crt'],
  // An edgecore that stops sends one message without a route.
  ['nobody', ({ source, resource }) => OWN_SOURCES.has(source) || resource === ''],
  ['dynamiccontroller', ({ source }) => source === 'metaserver'],
  ['devicecontroller', ({ source }) => source === 'twin'],
];

/** The first rule that fits; EdgeController takes the rest. */
export function destinationOf(message: Message): Destination {
  const { source = '', group = '', operation = '', resource = '' } = message.route;
  const route = { source, group, operation, resource };
  return RULES.find(([, fits]) => fits(route))?.[0] ?? 'edgecontroller';
}
