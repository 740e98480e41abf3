import { isRecord } from '../protocol/message.ts';
import { minorOf, nodeWasDeleted } from './circumstances.ts';
import type { Declared } from './declaration.ts';
import type { Difference } from './differences.ts';
import type { Subject } from './subject.ts';
import { isEndOfPod, isNodeWrittenBack, isPatchOfStatus } from './node-forms.ts';
import { isSoundField, isSoundTwinMessage } from './twin-forms.ts';
import { idOf, operationOf, parentOf, resourceOf } from './wire.ts';

const ASKS =
  'an edge asks for its Node when it connects, for its lease when it has none, and for what its pods refer to when it has it not';
const REGISTERS = 'an edge registers at each connection: it asks for its Node, makes it where there is none, and renews its lease';
const DESIRED =
  'what the cloud desires of a device becomes the expected value of its twin and is reported (from 1.15 on KubeEdge tells mappers alone)';
const NAMESPACED =
  'at the broker devices have the IDs of 1.16 and later; the topics of 1.15 are understood and answered for namespace default';
const LAST_WINS = 'the last change of what is expected wins, whichever side made it';

const NODES: readonly Declared[] = [
  {
    what: 'field',
    side: 'edge',
    group: /^enrolment$/,
    path: /^subject\./,
    when: ({ version }) => minorOf(version) < 16,
    reason: 'the certificate of an edge names its node, as from 1.16 on',
  },
  {
    what: 'missing',
    side: 'edge',
    group: /^get membership\/detail$/,
    reason: 'an edge does not ask for its memberships: no cloud answers that',
  },
  { what: 'missing', side: 'edge', group: /^query (node|configmap|secret|lease)$/, when: isRepeated, reason: ASKS },
  { what: 'unexpected', side: 'edge', group: /^query (configmap|secret)$/, isLikeRecorded: true, when: isRepeated, reason: ASKS },
  { what: 'unexpected', side: 'edge', group: /^(query|insert) (node|lease)$/, isLikeRecorded: true, reason: REGISTERS },
  { what: 'unexpected', side: 'edge', group: /^update lease$/, isLikeRecorded: true, reason: REGISTERS },
  { what: 'unexpected', side: 'edge', group: /^update node$/, when: isNodeWrittenBack, reason: REGISTERS },
  {
    what: 'missing',
    side: 'edge',
    group: /^update lease$/,
    when: ({ frame, ...subject }) => frame !== undefined && nodeWasDeleted({ ...subject, after: frame.line }),
    reason: REGISTERS,
  },
  {
    what: 'missing',
    side: 'edge',
    group: /^insert (node|lease)$/,
    when: wasRefused,
    reason: 'a Node that is there is not registered again, and a lease is made once its Node is there',
  },
  {
    what: 'missing',
    side: 'edge',
    group: /^insert (node|lease)$/,
    when: ({ frame, ...subject }) => frame !== undefined && nodeWasDeleted({ ...subject, after: frame.line }),
    reason: 'after its Node was deleted an edge asks for it first, which was not recorded',
  },
  {
    what: 'field',
    side: 'edge',
    group: /^(insert|update) (node|lease)$/,
    path: /^content\.(apiVersion|kind)$/,
    when: (_, difference) => difference?.expected === undefined,
    reason: 'an object says what it is',
  },
  {
    what: 'field',
    side: 'edge',
    group: /^insert node$/,
    path: /^content\.metadata\.annotations\.(kedge\.io\/version|volumes\.kubernetes\.io\/controller-managed-attach-detach)$/,
    reason: "a Node tells kedge's version; it attaches no volumes",
  },
  {
    what: 'field',
    side: 'edge',
    group: /^patch nodepatch$/,
    when: isPatchOfStatus,
    reason: 'the status of a Node is patched with all that differs from what the cloud has, labels are told in another message',
  },
  {
    what: 'unexpected',
    side: 'edge',
    group: /^delete pod$/,
    when: isEndOfPod,
    reason: 'a pod that is to end is told to have ended: it has no containers here',
  },
];

const DEVICES: readonly Declared[] = [
  {
    what: 'field',
    side: 'edge',
    group: /^(update twin\/edge_updated|mqtt twin\/.*)$/,
    when: (subject, difference) => minorOf(subject.version) >= 15 && isOfDesired(difference) && isSoundField(subject, difference),
    reason: DESIRED,
  },
  {
    what: 'unexpected',
    side: 'edge',
    group: /^(update twin\/edge_updated|mqtt twin\/update\/(document|delta))$/,
    when: (subject) => tellsExpected(subject.message.content) && isSoundTwinMessage(subject),
    reason: DESIRED,
  },
  {
    what: 'field',
    side: 'edge',
    group: /^update twin\/edge_updated$/,
    path: /\.twin\.\w+\.(expected|actual)(_version)?$/,
    when: (subject, difference) => difference?.expected === undefined && isSoundField(subject, difference),
    reason: 'a report tells what is expected and what is so, whichever has changed',
  },
  {
    what: 'field',
    side: 'edge',
    group: /^(update twin\/edge_updated|mqtt twin\/update\/(document|delta))$/,
    path: /\.expected(\.value|_version\.edge)?$|\.actual\.value$|^payload\.(delta\.\w+|twin\.\w+|event_id)$/,
    when: (subject, difference) => edgeHasExpected(subject) && isSoundField(subject, difference),
    reason: LAST_WINS,
  },
  {
    what: 'field',
    side: 'edge',
    group: /^mqtt twin\/update\/document$/,
    path: /\.last\.expected\.value$/,
    when: (subject, difference) => minorOf(subject.version) < 15 && isSoundField(subject, difference),
    reason: 'what is desired is taken from whichever comes first, the Device object or the message about its twins',
  },
  {
    what: 'field',
    side: 'edge',
    group: /^(update state\/update|mqtt state\/update\/result)$/,
    path: /\.device\.(last_online|lastOnlineTime)$/,
    when: ({ version }) => minorOf(version) < 16,
    reason: 'the state of a device has lastOnlineTime, as from 1.16 on',
  },
  {
    what: 'field',
    side: 'edge',
    group: /^mqtt membership\/(updated|get\/result)$/,
    path: /\.id$/,
    when: ({ version }, difference) => minorOf(version) < 16 && difference?.got === `default/${String(difference?.expected)}`,
    reason: NAMESPACED,
  },
  {
    what: 'unexpected',
    side: 'edge',
    group: /^mqtt twin\/update\/(document|delta)$/,
    when: (subject) => minorOf(subject.version) < 16 && resourceOf(subject.message).includes('/default/') && isSoundTwinMessage(subject),
    reason: NAMESPACED,
  },
  {
    what: 'field',
    side: 'edge',
    group: /^mqtt membership\/updated$/,
    path: /\.removed_devices\[\d+\]\.twin$/,
    when: (_, difference) => difference?.got === undefined,
    reason: 'of a device that is gone no twins are told',
  },
  {
    what: 'unexpected',
    side: 'edge',
    group: /^mqtt twin\/update\/result$/,
    when: ({ message }) => isRefusal(message.content),
    reason: "an update that cannot be read is answered on the device's own topic, too",
  },
];

/** What kedge's edge does otherwise on purpose. */
export const DECLARED_EDGE: readonly Declared[] = [...NODES, ...DEVICES];

/** True from the moment on at which an application set an expected value at the edge: from there on the two hold different ones. */
function edgeHasExpected({ frame, recording, ts = frame?.ts ?? 0 }: Subject): boolean {
  const mark = recording?.marks.find(({ text }) => /expected from edge/.test(text));
  return mark !== undefined && ts >= mark.ts;
}

/** True when the edge was recorded to ask the same before. */
function isRepeated({ frame, recording, message, after = 0 }: Subject): boolean {
  const until = frame?.line ?? after;
  return (recording?.frames ?? []).some(
    (other) =>
      other.line < until &&
      other.direction === 'edge->cloud' &&
      resourceOf(other.message) === resourceOf(message) &&
      operationOf(other.message) === operationOf(message),
  );
}

/** True when the cloud was recorded to refuse this. */
function wasRefused({ message, recording }: Subject): boolean {
  const answer = recording?.frames.find((other) => parentOf(other.message) === idOf(message) && idOf(message) !== '')?.message.content;
  return isRecord(answer) && isRecord(answer['Err']);
}

function isOfDesired({ path, expected, got }: Difference = { path: '' }): boolean {
  if (/\.optional$/.test(path)) return expected === true && got === false;
  if (/\.(expected|actual)(_version(\.\w+)?)?$/.test(path)) return expected === undefined;
  if (/^payload\.delta\.|\.expected\.value$/.test(path)) return true;
  if (/\.last$/.test(path)) return expected === null;
  return /^(payload|content)\.twin\.\w+$/.test(path) && expected === undefined;
}

function tellsExpected(content: unknown): boolean {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return text.includes('"expected":{');
}

function isRefusal(content: unknown): boolean {
  const parsed: unknown = typeof content === 'string' ? JSON.parse(content) : content;
  return isRecord(parsed) && parsed['code'] === 400;
}
