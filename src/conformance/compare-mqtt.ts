import { isAnswerTopic } from '../protocol/topics.ts';
import { align } from './align.ts';
import { differencesOf } from './differences.ts';
import type { Difference } from './differences.ts';
import type { MqttRecord, Recording } from './recording.ts';
import type { Verdict } from './report.ts';
import { declared, declaredFields } from './rules.ts';
import type { Subject } from './subject.ts';

/** What an edge told at its broker. */
export interface Published {
  readonly topic: string;
  readonly payload: string;
}

/** Holds what the edge told at its broker against what was recorded, in order by topic. Pure. */
export function compareMqtt(recording: Recording, published: readonly Published[]): Verdict[] {
  const expected = recording.mqtt.filter(({ topic }) => isAnswerTopic(topic));
  const topics = [...new Set([...expected.map(({ topic }) => topic), ...published.map(({ topic }) => topic)])];
  return topics.flatMap((topic) => {
    const own = expected.filter((record) => record.topic === topic);
    const candidates = published.filter((record) => record.topic === topic);
    const pairs = align(own, candidates, {
      pair: (record, got) => costOf(recording, record, got),
      missing: (record) => (declaredMqtt('missing', recording, record) === undefined ? 4 : 0.5),
      surplus: (got) => (declaredMqtt('unexpected', recording, got) === undefined ? 4 : 0.5),
    });
    const paired = new Set(pairs.map(({ right }) => right));
    return [
      ...pairs.map(({ left, right }) => judge(recording, left, right)),
      ...candidates.filter((got) => !paired.has(got)).map((got) => surplus(recording, got)),
    ];
  });
}

/** True when this was told, but for what differs on purpose. */
export function isAsRecorded(recording: Recording, record: MqttRecord, got: Published): boolean {
  return record.topic === got.topic && costOf(recording, record, got) < 1;
}

/** Why this is, or is not, told on purpose. */
function declaredMqtt(what: 'missing' | 'unexpected', recording: Recording, record: Published): string | undefined {
  return declared(what, subjectOf(recording, record));
}

function costOf(recording: Recording, record: MqttRecord, got: Published): number {
  const differences = between(record, got);
  if (differences.length === 0) return 0;
  return undeclared(recording, record, differences).length === 0 ? 0.2 : 1 + Math.min(1, differences.length / 100);
}

function judge(recording: Recording, record: MqttRecord, got: Published | undefined): Verdict {
  const about = { at: `mqtt.jsonl:${record.line}`, group: groupOf(record.topic), what: record.topic };
  if (got === undefined) {
    const reason = declaredMqtt('missing', recording, record);
    return { ...about, ...(reason === undefined ? { outcome: 'missing' } : { outcome: 'on purpose', reason }) };
  }
  const differences = between(record, got);
  if (differences.length === 0) return { ...about, outcome: 'passed' };
  const left = undeclared(recording, record, differences);
  if (left.length > 0) return { ...about, outcome: 'different', differences: left };
  return { ...about, outcome: 'on purpose', differences, reason: declaredFields(subjectOf(recording, record), differences).join('; ') };
}

function surplus(recording: Recording, got: Published): Verdict {
  const about = { at: 'mqtt', group: groupOf(got.topic), what: got.topic };
  const reason = declaredMqtt('unexpected', recording, got);
  if (reason !== undefined) return { ...about, outcome: 'on purpose', reason };
  return { ...about, outcome: 'unexpected', differences: [{ path: '', got: got.payload }] };
}

function undeclared(recording: Recording, record: Published, differences: readonly Difference[]): Difference[] {
  const subject = subjectOf(recording, record);
  return differences.filter((difference) => declared('field', subject, difference) === undefined);
}

function between(expected: Published, got: Published): Difference[] {
  return differencesOf({ payload: expected.payload }, { payload: got.payload });
}

/** As a message whose content is the payload. */
function subjectOf(recording: Recording, { topic, payload, ...rest }: Published & { readonly ts?: number }): Subject {
  const message = { header: {}, route: { resource: topic }, content: payload };
  const at = 'ts' in rest ? { ts: rest.ts } : {};
  return { side: 'edge', version: recording.version, group: groupOf(topic), message, isReply: false, recording, ...at };
}

/** `mqtt twin/update/result`. */
function groupOf(topic: string): string {
  return `mqtt ${/(twin|state|membership)\/.*$/.exec(topic)?.[0] ?? topic}`;
}
