import type { Step } from './same-answers.ts';

const NEW = '/apis/events.k8s.io/v1/namespaces/events/events';
const OLD = '/api/v1/namespaces/events/events';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const step = (say: string, method: string, path: string, body?: object, headers?: Record<string, string>): Step => ({
  say,
  method,
  path,
  ...(body && { body }),
  ...(headers && { headers }),
});
const regarding = { kind: 'Pod', name: 'p', namespace: 'events' };
const ev = (name: string, rest: object = {}) => ({
  metadata: { name },
  eventTime: '2026-01-01T00:00:00.123456Z',
  type: 'Normal',
  reason: 'R',
  note: 'N',
  action: 'A',
  regarding,
  reportingController: 'example.org/c',
  reportingInstance: 'i',
  ...rest,
});
const old = (name: string, rest: object = {}) => ({
  metadata: { name },
  involvedObject: regarding,
  reason: 'R',
  message: 'M',
  type: 'Normal',
  source: { component: 'c', host: 'h' },
  firstTimestamp: '2026-01-01T00:00:00Z',
  lastTimestamp: '2026-01-01T00:00:01Z',
  count: 3,
  ...rest,
});
const post = (say: string, rest: object, name = 'x') => step(say, 'POST', NEW, ev(name, rest));

/** What both API servers are asked about events in both of their forms, in this order. */
export const EVENT_STEPS: readonly Step[] = [
  { say: 'the namespace', method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'events' } } },
  step('new', 'POST', NEW, ev('a')),
  step('as old', 'GET', `${OLD}/a`),
  step('as new', 'GET', `${NEW}/a`),
  step('old', 'POST', OLD, old('b')),
  step('b as new', 'GET', `${NEW}/b`),
  step(
    'series',
    'POST',
    NEW,
    ev('c', { series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' }, related: { kind: 'Node', name: 'n' } }),
  ),
  step('c as old', 'GET', `${OLD}/c`),
  step('list new', 'GET', NEW),
  step('list old', 'GET', OLD),
  step('type', 'GET', `${NEW}?fieldSelector=type%3DNormal`),
  step('reason', 'GET', `${NEW}?fieldSelector=reason%3DR`),
  step('regarding', 'GET', `${NEW}?fieldSelector=regarding.kind%3DPod`),
  step('regarding name', 'GET', `${NEW}?fieldSelector=regarding.name%3Dp`),
  step('regarding path', 'GET', `${NEW}?fieldSelector=regarding.fieldPath%3Dp`),
  step('regarding rv', 'GET', `${NEW}?fieldSelector=regarding.resourceVersion%3Dp`),
  step('controller', 'GET', `${NEW}?fieldSelector=reportingController%3Dexample.org/c`),
  step('involved', 'GET', `${NEW}?fieldSelector=involvedObject.kind%3DPod`),
  step('source', 'GET', `${NEW}?fieldSelector=source%3Dc`),
  post('no time', { eventTime: null }),
  post('no type', { type: null }),
  post('bad type', { type: 'Odd' }),
  post('no reason', { reason: null }),
  post('no action', { action: null }),
  post('no controller', { reportingController: null }),
  post('bad controller', { reportingController: 'a b' }),
  post('no instance', { reportingInstance: null }),
  post('long', { reason: 'x'.repeat(129), action: 'x'.repeat(129), note: 'x'.repeat(1025), reportingInstance: 'x'.repeat(129) }),
  post('deprecated', {
    deprecatedSource: { component: 'c' },
    deprecatedCount: 1,
    deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
    deprecatedLastTimestamp: '2026-01-01T00:00:00Z',
  }),
  post('bad series', { series: { count: 1 } }),
  post('other namespace', { regarding: { ...regarding, namespace: 'other' } }),
  post('no regarding', { regarding: null }),
  post('bad name', {}, 'A b'),
  step('core strict', 'POST', OLD, old('x', { eventTime: '2026-01-01T00:00:00.000000Z', reason: null })),
  step('note changes', 'PATCH', `${NEW}/a`, { note: 'other' }, MERGE),
  step(
    'all changes',
    'PATCH',
    `${NEW}/a`,
    { reason: 'o', action: 'o', type: 'Warning', regarding: { name: 'o' }, reportingInstance: 'o', reportingController: 'o' },
    MERGE,
  ),
  step('series added', 'PATCH', `${NEW}/a`, { series: { count: 3, lastObservedTime: '2026-01-02T00:00:00.000000Z' } }, MERGE),
  step('label added', 'PATCH', `${NEW}/b`, { metadata: { labels: { a: 'b' } } }, MERGE),
  step('put', 'PUT', `${NEW}/d`, ev('d')),
  step('core patched', 'PATCH', `${OLD}/a`, { message: 'third' }, MERGE),
  step('delete', 'DELETE', `${NEW}/a`),
  step('gone', 'GET', `${OLD}/a`),
];
