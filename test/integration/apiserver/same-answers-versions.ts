import type { Step } from './same-answers.ts';

const SPACE = '/api/v1/namespaces/versions';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const in_ = (version: string, name = ''): string =>
  `/apis/example.org/${version}/namespaces/versions/pairs${name === '' ? '' : `/${name}`}`;
const version = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } } } },
});
const definition = {
  metadata: { name: 'pairs.example.org' },
  spec: {
    group: 'example.org',
    scope: 'Namespaced',
    names: { plural: 'pairs', singular: 'pair', kind: 'Pair', listKind: 'PairList' },
    versions: [version('v7', true), version('v8', false)],
  },
};
const pair = (name: string) => ({
  apiVersion: 'example.org/v7',
  kind: 'Pair',
  metadata: { name, finalizers: ['example.org/wait'] },
  spec: { a: 'x' },
});
const step = (say: string, method: string, path: string, body?: object, headers?: Record<string, string>): Step => ({
  say,
  method,
  path,
  ...(body && { body }),
  ...(headers && { headers }),
});

/** A kind in two versions: each answer is in the one that was asked. */
export const VERSION_STEPS: readonly Step[] = [
  step('a namespace', 'POST', '/api/v1/namespaces', { metadata: { name: 'versions' } }),
  {
    ...step('a definition', 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition),
    otherText: 'here its names are accepted at once',
  },
  step('an object', 'POST', in_('v7'), pair('a')),
  step('and another', 'POST', in_('v7'), pair('b')),
  step('read in the other version', 'GET', in_('v8', 'a')),
  step('patched there', 'PATCH', in_('v8', 'a'), { spec: { a: 'y' } }, MERGE),
  step('and again, to the same', 'PATCH', in_('v7', 'a'), { spec: { a: 'y' } }, MERGE),
  step('deleted, but held', 'DELETE', in_('v8', 'a')),
  step('once more', 'DELETE', in_('v7', 'a')),
  step('all of them', 'DELETE', in_('v8')),
  ...['a', 'b'].map((name) => step('let go', 'PATCH', in_('v8', name), { metadata: { finalizers: null } }, MERGE)),
  step('nothing is left', 'GET', in_('v8')),
  step('the end', 'DELETE', SPACE),
];
