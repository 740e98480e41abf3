import { isRecord } from '../protocol/message.ts';
import {
  deletedAtOnce,
  hasStartedAgain,
  isOrphan,
  isStatusOnly,
  isToldBefore,
  minorOf,
  nodeWasDeleted,
  wasMadeMeanwhile,
} from './circumstances.ts';
import type { Declared } from './declaration.ts';
import type { Difference } from './differences.ts';

/** What kedge's cloud does otherwise on purpose. */
export const DECLARED_CLOUD: readonly Declared[] = [
  {
    what: 'missing',
    side: 'cloud',
    group: /^update (pod|device)$/,
    when: isStatusOnly,
    reason: 'a change of the status alone never travels down',
  },
  {
    what: 'missing',
    side: 'cloud',
    group: /^update pod$/,
    when: deletedAtOnce,
    reason: 'of a pod that ends without delay its deletion alone is told',
  },
  {
    what: 'field',
    side: 'cloud',
    group: /^update (pod|configmap|secret)$/,
    path: /^route\.operation$/,
    when: (subject, difference) => difference?.got === 'insert' && wasMadeMeanwhile(subject),
    reason: 'what an edge has never had comes as an insert',
  },
  {
    what: 'unexpected',
    side: 'cloud',
    group: /^delete (configmap|secret)$/,
    when: isOrphan,
    reason: 'what no pod of the node refers to any more is deleted at the edge',
  },
  {
    what: 'missing',
    side: 'cloud',
    group: /^update (configmap|secret)$/,
    when: isOrphan,
    reason: 'what no pod of the node refers to any more is deleted at the edge',
  },
  {
    what: 'unexpected',
    side: 'cloud',
    group: /^update membership$/,
    when: isToldBefore,
    reason: 'memberships are told again at each connect',
  },
  {
    what: 'unexpected',
    side: 'cloud',
    group: /^(update membership\/detail\/result|get membership\/detail)$/,
    when: ({ version }) => minorOf(version) < 15,
    reason: 'an edge up to 1.14 that asks for its memberships is told all of them, so that it forgets what went while it was away',
  },
  {
    what: 'field',
    side: 'cloud',
    group: /^update membership$/,
    path: /^content\.added_devices\[\d+\]\.twin$/,
    when: (_, difference) => difference?.expected === undefined && isRecord(difference?.got) && Object.keys(difference.got).length === 0,
    reason: 'a device that comes has a map of twins, if an empty one: without it an edge that knows the device publishes an error',
  },
  {
    what: 'unexpected',
    side: 'cloud',
    group: /^update state\/update$/,
    when: ({ version }) => minorOf(version) < 18,
    reason: 'the state of a device is taken and confirmed from all versions, as from 1.18 on',
  },
  {
    what: 'unexpected',
    side: 'cloud',
    group: /^insert (device|devicemodel|pod|configmap|secret)$/,
    when: nodeWasDeleted,
    reason: 'an edge whose Node was deleted is sent everything anew',
  },
  {
    what: 'unexpected',
    side: 'cloud',
    group: /^insert (device|devicemodel|pod|configmap|secret)$/,
    when: hasStartedAgain,
    reason: 'an edge of KubeEdge that starts is sent everything anew, for it does not tell whether it still has its database',
  },
  {
    what: 'field',
    side: 'cloud',
    group: /^(insert|update|delete) device$/,
    path: /^content\.status/,
    reason: 'the status of a device is as it was reported, with its state (KubeEdge 1.18 to 1.22 stores the first report as empty)',
  },
  {
    what: 'field',
    side: 'cloud',
    group: /^(patch podpatch|(insert|update|delete) pod)$/,
    path: /(^content|\.Object)\.status\.hostIPs$/,
    when: (_, difference) => difference?.expected === undefined,
    reason:
      "the built-in API keeps what an edge tells of a pod's addresses (hostIPs); the Kubernetes 1.20 of the recordings did not know them",
  },
  {
    what: 'field',
    side: 'cloud',
    group: /./,
    path: /\.ErrStatus\.(message|details\.kind)$/,
    reason: "refusals are in the words of the Kubernetes API itself (KubeEdge's come from its caches)",
  },
  {
    what: 'field',
    side: 'cloud',
    group: /./,
    path: /^content\.Object(\.|$)/,
    when: ({ message }) => isRecord(message.content) && isRecord(message.content['Err']),
    reason: 'beside an error there is no object (KubeEdge sends an empty one, or the one that it was sent)',
  },
  {
    what: 'missing',
    side: 'cloud',
    group: /^(insert|update|delete) (device|devicemodel)$/,
    when: ({ version }) => minorOf(version) < 15,
    reason: 'an edge up to 1.14 gets no Device objects, for it reads none of v1beta1; what is desired is in messages',
  },
  {
    what: 'field',
    side: 'cloud',
    group: /^update membership$/,
    path: /^content\.removed_devices\[\d+\]\.twin$/,
    when: (_, difference) => difference?.got === undefined,
    reason: 'of a device that goes no twins are told',
  },
  {
    what: 'field',
    side: 'cloud',
    group: /./,
    path: /\.annotations\.cloudcore$/,
    when: ({ version }, difference) => minorOf(version) < 18 && difference?.expected === undefined,
    reason: 'every Node has the annotation cloudcore, as from 1.18 on',
  },
  {
    what: 'field',
    side: 'cloud',
    group: /^enrolment$/,
    when: ({ version }, difference) => minorOf(version) < 15 && isNewerEnrolment(difference),
    reason: 'enrolment is that of 1.15 and later: an unreadable token is 401, 405 names what is allowed, the CA lives for 100 × 364 days',
  },
  { what: 'field', side: 'cloud', group: /^enrolment$/, path: /^text$/, reason: 'refusals at the enrolment port are in words of our own' },
];

function isNewerEnrolment({ path, expected, got }: Difference = { path: '' }): boolean {
  if (path === 'status') return expected === 400 && got === 401;
  if (path === 'allow') return expected === undefined;
  return path === 'certificate.days' && expected === 36_500 && got === 36_400;
}
