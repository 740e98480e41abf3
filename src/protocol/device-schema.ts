import * as v from 'valibot';
import type { KubeObject } from './kubernetes.ts';

/**
 * What a person may write into a DeviceModel or Device (`devices.kubeedge.io/v1beta1`, fields of KubeEdge 1.15 to 1.23). Stricter than
 * the API, which drops what it does not know.
 */
const text = v.string();
const anything = v.record(v.string(), v.unknown());
const visitors = v.strictObject({ protocolName: v.optional(text), configData: v.optional(anything) });
const head = { apiVersion: v.optional(text), kind: v.optional(text), metadata: v.unknown(), status: v.optional(v.unknown()) };

const modelProperty = v.strictObject({
  name: v.pipe(text, v.nonEmpty()),
  description: v.optional(text),
  type: v.picklist(['INT', 'FLOAT', 'DOUBLE', 'STRING', 'BOOLEAN', 'BYTES', 'STREAM']),
  accessMode: v.picklist(['ReadWrite', 'ReadOnly']),
  minimum: v.optional(text),
  maximum: v.optional(text),
  unit: v.optional(text),
  visitors: v.optional(visitors),
});

const model = v.strictObject({
  ...head,
  spec: v.strictObject({
    protocol: v.optional(text),
    protocolConfigData: v.optional(anything),
    properties: v.pipe(v.array(modelProperty), v.nonEmpty()),
  }),
});

const deviceProperty = v.strictObject({
  name: v.pipe(text, v.nonEmpty()),
  desired: v.optional(v.strictObject({ value: text, metadata: v.optional(v.record(v.string(), text)) })),
  visitors: v.optional(visitors),
  reportCycle: v.optional(v.number()),
  collectCycle: v.optional(v.number()),
  reportToCloud: v.optional(v.boolean()),
  pushMethod: v.optional(anything),
});

const device = v.strictObject({
  ...head,
  spec: v.strictObject({
    deviceModelRef: v.optional(v.strictObject({ name: v.pipe(text, v.nonEmpty()) })),
    nodeName: v.optional(text),
    protocol: v.optional(v.strictObject({ protocolName: v.optional(text), configData: v.optional(anything) })),
    properties: v.optional(v.array(deviceProperty)),
    methods: v.optional(v.array(v.strictObject({ name: text, description: v.optional(text), propertyNames: v.optional(v.array(text)) }))),
    stateReport: v.optional(v.strictObject({ reportToCloud: v.optional(v.boolean()), reportCycle: v.optional(v.number()) })),
  }),
});

/** What is wrong with the keys and values of an object that a person wrote, beginning with the key's path; undefined if nothing is. */
export function specMistake(kind: 'Device' | 'DeviceModel', object: KubeObject): string | undefined {
  const { issues } = v.safeParse(kind === 'Device' ? device : model, object);
  // A key that is not known is often the one that seems to be missing.
  const issue = issues?.find(isUnknownKey) ?? issues?.[0];
  return issue && `${pathOf(issue)}: ${whyOf(issue)}`;
}

function isUnknownKey({ expected }: v.BaseIssue<unknown>): boolean {
  return expected === 'never';
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  return (v.getDotPath(issue) ?? '').replace(/\.(\d+)(?=\.|$)/g, '[$1]');
}

function whyOf(issue: v.BaseIssue<unknown>): string {
  if (isUnknownKey(issue)) return 'unknown key';
  if (issue.received === 'undefined') return 'missing';
  if (issue.expected === '!0') return 'empty';
  if (issue.expected === 'string') return `a text in quotes is needed, not ${issue.received}`;
  return `${issue.expected ?? ''} is needed, not ${issue.received}`;
}
