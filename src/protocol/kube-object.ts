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

/** True unless both versions are known and `candidate` is not after `stored`. */
export function isNewer(candidate: string | undefined, stored: string | undefined): boolean {
  if (!isDecimal(candidate) || !isDecimal(stored)) return true;
  return BigInt(candidate) > BigInt(stored);
}

function isDecimal(version: string | undefined): version is string {
  return version !== undefined && /^\d{1,20}$/.test(version);
}
