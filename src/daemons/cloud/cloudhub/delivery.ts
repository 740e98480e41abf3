import { isRecord } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { compareVersions } from '../../../protocol/resource-version.ts';
import { parseResource } from '../../../protocol/resource.ts';

const UNACKED_RESOURCES = ['membership', 'twin/cloud_updated', 'k8s/ca.crt'];
const UNACKED_TYPES = new Set(['podlist', 'serviceaccounttoken']);
const UNACKED_OPERATIONS = new Set([
  'createvolume',
  'deletevolume',
  'controllerpublishvolume',
  'controllerunpublishvolume',
  'applicationResponse',
]);
const UNACKED_SOURCES = new Set(['taskmanager', 'nodeupgradejobcontroller']);
const UNACKED_ANSWERS = new Set(['node', 'lease', 'nodepatch', 'podpatch', 'podstatus', 'certificatesigningrequest']);

/**
 * True for a message that is sent until the edge has acknowledged it; all others are sent once and lost with their connection
 * (KubeEdge wire format, cloud send: the no-ack list).
 */
export function needsAck(message: Message): boolean {
  const { source = '', group, operation = '', resource = '' } = message.route;
  if (group !== 'resource' || UNACKED_SOURCES.has(source) || UNACKED_OPERATIONS.has(operation)) return false;
  const type = typeOf(resource);
  // By its type where there is one: an object may be called anything.
  if (type === undefined ? UNACKED_RESOURCES.some((part) => resource.includes(part)) : UNACKED_TYPES.has(type)) return false;
  if (operation === 'response' && (message.content === 'OK' || isError(message.content))) return false;
  return source !== 'edgecontroller' || !isUnackedAnswer(type ?? '', operation);
}

/** The type in `{namespace}/{type}/{name}`. A certificate request whose name is to be generated has an empty one. */
function typeOf(resource: string): string | undefined {
  return parseResource(resource.endsWith('/') ? `${resource}-` : resource)?.type;
}

/** What only EdgeController's answers are about: the edge asks again when one is lost. */
function isUnackedAnswer(type: string, operation: string): boolean {
  // The Node itself, which edges from 1.23 on are told.
  if (type === 'node' && operation === 'update') return false;
  return UNACKED_ANSWERS.has(type) || (type === 'pod' && operation === 'response');
}

/** Go's StatusError as it travels: an object with ErrStatus. */
function isError(content: unknown): boolean {
  return isRecord(content) && 'ErrStatus' in content;
}

/**
 * What the queue of one node knows a message by; messages of one key replace each other. KubeEdge takes the uid; here only pods go
 * by it, because an edge must end the old pod before the new one of the same name. Of everything else a later object of the same
 * name replaces the earlier one, whose late deletion would otherwise hit its successor.
 */
export function deliveryKey(message: Message): string {
  // An answer must reach whoever waits for it, also when a newer version of the object is on its way.
  const { parent_msg_id: parent } = message.header;
  if (parent !== undefined) return `answer ${parent}`;
  const { resource = '' } = message.route;
  const uid = uidOf(message);
  return parseResource(resource)?.type === 'pod' && uid !== undefined ? uid : resource;
}

/** `metadata.uid` of the object in the content. */
function uidOf(message: Message): string | undefined {
  const uid = metadataOf(message)?.['uid'];
  return typeof uid === 'string' && uid !== '' ? uid : undefined;
}

/** An ack-mode message without a resourceVersion says nothing, unless it is about a deletion; KubeEdge discards it. */
export function isWorthSending(message: Message): boolean {
  const { resourceversion } = message.header;
  const deletion = message.route.operation === 'delete' || metadataOf(message)?.['deletionTimestamp'] !== undefined;
  return deletion || (resourceversion !== undefined && resourceversion !== '');
}

/** True when `message` may take the place of `other`, which has the same key: the larger resourceVersion, of one object the deletion. */
export function isNewer(message: Message, other: Message): boolean {
  const larger = compareVersions(message.header.resourceversion, other.header.resourceversion) > 0;
  if (uidOf(message) !== uidOf(other)) return larger;
  return other.route.operation !== 'delete' && (message.route.operation === 'delete' || larger);
}

function metadataOf(message: Message): Record<string, unknown> | undefined {
  const { content } = message;
  const metadata = isRecord(content) ? content['metadata'] : undefined;
  return isRecord(metadata) ? metadata : undefined;
}
