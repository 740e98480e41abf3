import type { Clock } from '../../../kernel/clock.ts';
import type { KubeObjectStore, ObjectKey } from '../../../store/kube-objects.ts';
import type { Registry } from './registry.ts';
import type { FieldValidation } from './schema/validate.ts';
import type { ServedResource } from './served-resource.ts';
import { groupResource } from './status-error.ts';

/** What every operation of the API needs. */
export interface ApiContext {
  readonly store: KubeObjectStore;
  readonly registry: Registry;
  readonly clock: Clock;
}

/** The object, or the collection when `name` is '', that a request is about. `namespace` is '' for cluster scope or for all. */
export interface Target {
  readonly entry: ServedResource;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

export interface WriteOptions {
  /** Do everything but keep nothing. */
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Takes a warning for the client. */
  readonly warn: (warning: string) => void;
}

export const PLAIN_WRITE: WriteOptions = { dryRun: false, fieldValidation: 'Ignore', warn: () => undefined };

export function keyOf({ entry, namespace, name }: Target): ObjectKey {
  return { resource: groupResource(entry.resource), namespace, name };
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
