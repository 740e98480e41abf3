import type { KubeObject } from './kubernetes.ts';
import { isRecord } from './message.ts';

const TEXTS = ['name', 'namespace', 'uid', 'resourceVersion', 'deletionTimestamp'] as const;

/**
 * Takes a value from outside for a Kubernetes object: `metadata` is a map whose identifying fields are strings. Everything
 * else in it is carried along unread. Undefined if it is no such thing.
 */
export function asKubeObject(value: unknown): KubeObject | undefined {
  if (!isRecord(value) || !isRecord(value['metadata'])) return undefined;
  const { metadata, apiVersion, kind } = value;
  const texts = [apiVersion, kind, ...TEXTS.map((key) => metadata[key])];
  if (!texts.every((text) => text === undefined || typeof text === 'string')) return undefined;
  return value as unknown as KubeObject;
}

const OBJECT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What most kinds want as a name: a DNS subdomain of at most 253 characters, lower case (RFC 1123). */
export function isObjectName(name: string): boolean {
  return name.length <= 253 && OBJECT_NAME.test(name);
}

/** True unless both versions are known and `candidate` is not after `stored`. */
export function isNewer(candidate: string | undefined, stored: string | undefined): boolean {
  if (!isDecimal(candidate) || !isDecimal(stored)) return true;
  return BigInt(candidate) > BigInt(stored);
}

function isDecimal(version: string | undefined): version is string {
  return version !== undefined && /^\d{1,20}$/.test(version);
}
