import { compareHub } from './compare.ts';
import type { HubTranscript } from './compare.ts';
import { compareMqtt } from './compare-mqtt.ts';
import type { Published } from './compare-mqtt.ts';
import { differencesOf } from './differences.ts';
import { describeAnswer, describeRequest } from './http-exchange.ts';
import type { HttpAnswer } from './http-exchange.ts';
import type { EnrolmentRequest } from './hub-host.ts';
import type { HubPeer } from '../link/hub-server.ts';
import { leftOutVerdict } from './left-out.ts';
import type { LeftOut } from './left-out.ts';
import { declared, declaredFields } from './rules.ts';
import type { Subject } from './subject.ts';
import type { HttpExchange, Recording } from './recording.ts';
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
  /** Recorded steps that were not taken. */
  readonly leftOut: readonly LeftOut[];
  /** Of an edge: what it asked at the enrolment port, who it said it was, and what it told at its broker. */
  readonly requests: readonly EnrolmentRequest[];
  readonly peers: readonly HubPeer[];
  readonly published: readonly Published[];
}

/** The report of a run against a recording. Pure. */
export function compareRun(recording: Recording, side: Side, transcript: Transcript): Report {
  const verdicts = [
    ...(side === 'cloud' ? compareAnswers(recording, transcript) : compareRequests(recording, transcript)),
    ...compareSockets(recording, side, transcript),
    ...compareHub(recording, side, transcript.hub),
    ...(side === 'edge' ? compareMqtt(recording, transcript.published) : []),
    ...transcript.leftOut.map(leftOutVerdict),
    ...notPlayed(recording, side),
  ];
  return makeReport({ side, version: recording.version, node: recording.nodeName }, verdicts);
}

function compareAnswers(recording: Recording, { answers }: Transcript): Verdict[] {
  return recording.https.map((exchange): Verdict => {
    const got = answers.get(exchange.line);
    const described = got && describeAnswer(got);
    return judge(recording, 'cloud', aboutExchange(exchange), describeAnswer(exchange.answer), described);
  });
}

/** What an edge asks when it enrols; the recorded questions that somebody asked by hand are not its own. */
function compareRequests(recording: Recording, { requests }: Transcript): Verdict[] {
  const own = recording.https.filter(({ headers }) => !/^curl/.test(headers['user-agent'] ?? ''));
  const byHand = recording.https.filter((exchange) => !own.includes(exchange));
  return [
    ...own.map((exchange, index) => {
      const got = requests[index];
      const described = got && describeRequest(got);
      return judge(recording, 'edge', aboutExchange(exchange), describeRequest(exchange), described);
    }),
    ...requests.slice(own.length).map(({ method, path }): Verdict => {
      return { at: 'https', group: 'enrolment', what: `${method} ${path}`, outcome: 'unexpected' };
    }),
    ...byHand.map((exchange): Verdict => ({
      ...aboutExchange(exchange),
      outcome: 'out of scope',
      reason: 'asked by hand, not by the edge',
    })),
  ];
}

type About = Pick<Verdict, 'at' | 'group' | 'what'>;

function aboutExchange({ line, method, path }: HttpExchange): About {
  return { at: `https.jsonl:${line}`, group: 'enrolment', what: `${method} ${path}` };
}

function judge(recording: Recording, side: Side, about: About, expected: unknown, got: unknown): Verdict {
  if (got === undefined) return { ...about, outcome: 'missing' };
  const differences = differencesOf(expected, got);
  const { version } = recording;
  const subject: Subject = { side, version, group: about.group, message: { header: {}, route: {}, content: about.what }, isReply: true };
  const undeclared = differences.filter((difference) => declared('field', subject, difference) === undefined);
  if (differences.length === 0) return { ...about, outcome: 'passed' };
  if (undeclared.length > 0) return { ...about, outcome: 'different', differences: undeclared };
  return { ...about, outcome: 'on purpose', differences, reason: declaredFields(subject, differences).join('; ') };
}

function compareSockets(recording: Recording, side: Side, { opened, closedByPeer, peers, leftOut }: Transcript): Verdict[] {
  const isPlayed = (line: number): boolean => !leftOut.some((step) => step.file === 'ws.jsonl' && step.line === line);
  const sockets = recording.sockets.filter(({ event, by, line }) => (event === 'open' || by === side) && isPlayed(line));
  const opens = sockets.filter(({ event }) => event === 'open');
  return sockets.map((socket): Verdict => {
    const { line, event, headers } = socket;
    const about = { at: `ws.jsonl:${line}`, group: 'connection', what: event === 'open' ? 'open' : `close by the ${side}` };
    if (!(event === 'open' ? opened : closedByPeer).has(line)) return { ...about, outcome: 'missing' };
    if (event === 'close' || side === 'cloud') return { ...about, outcome: 'passed' };
    const peer = peers[opens.indexOf(socket)];
    const said = { node_id: headers['node_id'], project_id: headers['project_id'], connectionuse: headers['connectionuse'] };
    return judge(
      recording,
      side,
      about,
      said,
      peer && { node_id: peer.nodeId, project_id: peer.projectId, connectionuse: peer.connectionUse },
    );
  });
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
