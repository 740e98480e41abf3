import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { JsonObject } from './json.ts';

/** Fields of core/v1 Event that events.k8s.io/v1 has under other names (Kubernetes' conversion between the two). */
const NAMES = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
] as const;
const TO_NEW: ReadonlyMap<string, string> = new Map(NAMES);
const TO_CORE: ReadonlyMap<string, string> = new Map(NAMES.map(([core, newer]) => [newer, core]));

/** An Event of core/v1 as one of events.k8s.io/v1. */
export function toNewEvent(event: KubeObject): KubeObject {
  return renamed(event, 'events.k8s.io/v1', TO_NEW);
}

/** An Event of events.k8s.io/v1 as one of core/v1. */
export function toCoreEvent(event: KubeObject): KubeObject {
  return renamed(event, 'v1', TO_CORE);
}

function renamed(event: KubeObject, apiVersion: string, names: ReadonlyMap<string, string>): KubeObject {
  const entries = Object.entries(event as KubeObject & JsonObject).map(([field, value]) => [names.get(field) ?? field, value]);
  return { ...(Object.fromEntries(entries) as KubeObject), apiVersion };
}
