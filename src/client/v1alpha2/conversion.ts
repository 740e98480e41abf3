import * as v from 'valibot';
import { KedgeError } from '../../kernel/errors.ts';
import type { KubeObject } from '../../protocol/kubernetes.ts';

/** The version of Device and DeviceModel up to KubeEdge 1.14. */
export const OLD_VERSION = 'v1alpha2';

/** Something of an object that has no place in v1beta1. */
export interface Loss {
  /** Where it stands in the object, such as `status.twins[0].reported`. */
  readonly path: string;
  readonly why: string;
}

export interface Converted<T extends KubeObject> {
  readonly object: T;
  readonly losses: readonly Loss[];
}

export function isOld({ apiVersion = '' }: KubeObject): boolean {
  return apiVersion.endsWith(`/${OLD_VERSION}`);
}

/** What the API sets itself, and what kubectl notes of an object in its old form. Nothing of it is told as lost. */
const BOOKKEEPING = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink'];
const HEAD = ['apiVersion', 'kind', 'metadata'];
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The metadata of an object that is to be made anew. */
export function convertMetadata(metadata: KubeObject['metadata'], losses: Loss[]): KubeObject['metadata'] {
  const { ownerReferences, annotations = {}, ...rest } = metadata as KubeObject['metadata'] & { ownerReferences?: unknown };
  if (ownerReferences !== undefined) losses.push({ path: 'metadata.ownerReferences', why: 'its owners have other uids here' });
  const kept = Object.entries(annotations).filter(([key]) => key !== LAST_APPLIED);
  return {
    ...(Object.fromEntries(Object.entries(rest).filter(([key]) => !BOOKKEEPING.includes(key))) as unknown as KubeObject['metadata']),
    ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }),
  };
}

/**
 * Reads an object by its schema; null means what is left out, as in Kubernetes.
 * @throws KedgeError INVALID_INPUT naming the key that v1alpha2 does not have, or the value that it does not take
 */
export function readOld<T>(object: KubeObject, schema: v.GenericSchema<unknown, T>): T {
  const { spec = {}, status = {}, ...others } = withoutNull(object) as { spec?: unknown; status?: unknown };
  const unknown = Object.keys(others).find((key) => !HEAD.includes(key));
  if (unknown !== undefined) throw cannot(object, unknown, `${OLD_VERSION} has no such key`, 'correct it');
  const result = v.safeParse(schema, { spec, status });
  if (result.success) return result.output;
  const issue = result.issues.find(({ expected }) => expected === 'never') ?? result.issues[0];
  const path = (v.getDotPath(issue) ?? '').replace(/\.(\d+)(?=\.|$)/g, '[$1]');
  const why = issue.expected === 'never' ? `${OLD_VERSION} has no such key` : `${issue.expected ?? ''} is needed, not ${issue.received}`;
  throw cannot(object, path, why, 'correct it');
}

/** What is thrown for an object that cannot be converted. @param todo what the person can do about it */
export function cannot({ kind = '', metadata }: KubeObject, path: string, why: string, todo: string): KedgeError {
  return new KedgeError('INVALID_INPUT', `${kind} ${metadata.name} of ${OLD_VERSION} cannot be converted: ${path}: ${why}`, { hint: todo });
}

function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== null)
      .map(([key, entry]) => [key, withoutNull(entry)]),
  );
}
