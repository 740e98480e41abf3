import { compareHub } from './compare.ts';
import type { HubTranscript } from './compare.ts';
import { differencesOf } from './differences.ts';
import { describeAnswer } from './http-exchange.ts';
import type { HttpAnswer } from './http-exchange.ts';
import { declared, declaredFields } from './rules.ts';
import type { Subject } from './rules.ts';
import type { Recording } from './recording.ts';
import { makeReport } from './report.ts';
import type { Report, Verdict } from './report.ts';
import type { Side } from './wire.ts';

/** All that happened in a run. Lines are those of the recording. */
export interface Transcript {
  readonly hub: HubTranscript;
  /** Of a cloud: its answers at the enrolment port, by the line of the request. */
  readonly answers: ReadonlyMap<number, HttpAnswer>;
  /** Websockets that were opened, and such that the side under test closed as it did then. */
  readonly opened: ReadonlySet<number>;
  readonly closedByPeer: ReadonlySet<number>;
  /** Of an edge: what it asked at the enrolment port, and what it published. */
  readonly requests: readonly never[];
  readonly published: readonly never[];
}

/** The report of a run against a recording. Pure. */
export function compareRun(recording: Recording, side: Side, transcript: Transcript): Report {
  const verdicts = [
    ...compareAnswers(recording, side, transcript),
    ...compareSockets(recording, side, transcript),
    ...compareHub(recording, side, transcript.hub),
    ...notPlayed(recording, side),
  ];
  return makeReport({ side, version: recording.version, node: recording.nodeName }, verdicts);
}

function compareAnswers({ https, version }: Recording, side: Side, { answers }: Transcript): Verdict[] {
  return https.map(({ line, method, path, answer }): Verdict => {
    const about = { at: `https.jsonl:${line}`, group: 'enrolment', what: `${method} ${path}` };
    const got = answers.get(line);
    if (got === undefined) return { ...about, outcome: 'missing' };
    const differences = differencesOf(describeAnswer(answer), describeAnswer(got));
    const subject: Subject = { side, version, group: about.group, message: { header: {}, route: {}, content: about.what }, isReply: true };
    const undeclared = differences.filter((difference) => declared('field', subject, difference) === undefined);
    if (differences.length === 0) return { ...about, outcome: 'passed' };
    if (undeclared.length > 0) return { ...about, outcome: 'different', differences: undeclared };
    return { ...about, outcome: 'on purpose', differences, reason: declaredFields(subject, differences).join('; ') };
  });
}

function compareSockets({ sockets }: Recording, side: Side, { opened, closedByPeer }: Transcript): Verdict[] {
  return sockets
    .filter(({ event, by }) => event === 'open' || by === side)
    .map(({ line, event }) => ({
      at: `ws.jsonl:${line}`,
      group: 'connection',
      what: event === 'open' ? 'open' : `close by the ${side}`,
      outcome: (event === 'open' ? opened : closedByPeer).has(line) ? 'passed' : 'missing',
    }));
}

/** Whole files that this side has no part in, or that the kit does not play. */
function notPlayed({ others, mqtt }: Recording, side: Side): Verdict[] {
  const files = [
    { name: 'dmi.jsonl', group: 'dmi', count: others['dmi'] ?? 0, reason: 'calls between the edge and mappers are not played yet' },
    { name: 'tunnel.jsonl', group: 'tunnel', count: others['tunnel'] ?? 0, reason: 'the stream tunnel is not played yet' },
    ...(side === 'cloud'
      ? [{ name: 'mqtt.jsonl', group: 'mqtt', count: mqtt.length, reason: 'MQTT is between the edge and its applications' }]
      : []),
  ];
  return files
    .filter(({ count }) => count > 0)
    .map(({ name, group, count, reason }) => ({ at: name, group, what: `${count} lines`, outcome: 'out of scope', reason }));
}
