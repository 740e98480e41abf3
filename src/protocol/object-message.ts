import { createHash } from 'node:crypto';
import { apiVersionOf } from './kubernetes.ts';
import type { ApiResource, KubeObject } from './kubernetes.ts';
import { withoutManagedFields } from './managed-fields.ts';
import { newMessage } from './message.ts';
import type { Message } from './message.ts';
import { formatResource } from './resource.ts';

/** An object that an edge should have. */
export interface Desired {
  readonly resource: ApiResource;
  readonly object: KubeObject;
  /** Who sends it: `edgecontroller` or `devicecontroller`. */
  readonly source: string;
}

/**
 * The message that brings an object to an edge, or takes it away: group `resource`, the object with apiVersion and kind as content,
 * its version in the header (KubeEdge wire format, EdgeController and DeviceController). Managed fields stay in the cloud.
 */
export function objectMessage({ resource, object, source }: Desired, operation: 'insert' | 'update' | 'delete'): Message {
  const { resourceVersion } = object.metadata;
  return newMessage(
    { source, group: 'resource', operation, resource: objectPath(resource, object) },
    objectContent(resource, object),
    resourceVersion === undefined ? {} : { resourceVersion },
  );
}

/** `{namespace}/{type}/{name}` of an object; KubeEdge's types are the kinds in lower case. */
export function objectPath(resource: ApiResource, { metadata }: KubeObject): string {
  return formatResource({ namespace: metadata.namespace ?? 'null', type: resource.kind.toLowerCase(), name: metadata.name });
}

/** The object as it travels: with apiVersion and kind, without managed fields. */
export function objectContent(resource: ApiResource, object: KubeObject): KubeObject {
  return { ...withoutManagedFields(object), kind: resource.kind, apiVersion: apiVersionOf(resource) };
}

/** Equal for two versions of an object that differ only in what never travels down: status and bookkeeping. */
export function fingerprintOf(object: KubeObject): string {
  // `generation` counts status changes too, where a CRD has no status subresource.
  const metadata = without(object.metadata, ['resourceVersion', 'managedFields', 'generation']);
  const content = JSON.stringify({ ...without(object, ['status', 'kind', 'apiVersion']), metadata });
  return createHash('sha256').update(content).digest('base64');
}

function without(object: object, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}
