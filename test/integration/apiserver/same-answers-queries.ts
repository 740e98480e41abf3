import type { Step } from './same-answers.ts';

const NAMESPACE = '/api/v1/namespaces/queries';
const MAPS = `${NAMESPACE}/configmaps`;
const TOKENS = `${NAMESPACE}/serviceaccounts/robot/token`;
const made = (name: string): Step => ({ say: `the ConfigMap ${name}`, method: 'POST', path: MAPS, body: { metadata: { name } } });
const gone = (say: string, name: string, query: string, body?: unknown): Step[] => [
  made(name),
  { say, method: 'DELETE', path: `${MAPS}/${name}?${query}`, ...(body !== undefined && { body }) },
  { say: `${say}: what is left`, method: 'GET', path: `${MAPS}/${name}` },
];

/** What stands in a query, and what in a body. */
export const QUERY_STEPS: readonly Step[] = [
  { say: 'a namespace', method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'queries' } } },
  made('a'),
  { say: 'a watch of one object', method: 'GET', path: `${MAPS}/a?watch=true&timeoutSeconds=1` },
  { say: 'with a selector', method: 'GET', path: `${MAPS}/a?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Db` },
  { say: 'of one that is missing', method: 'GET', path: `${MAPS}/b?watch=true&timeoutSeconds=1` },
  ...gone('a deletion that is tried', 'c', 'dryRun=All'),
  ...gone('with an empty body', 'd', 'dryRun=All', ''),
  ...gone('with a body that says nothing', 'e', 'dryRun=All', {}),
  ...gone('with a body that says something else', 'f', 'dryRun=All&propagationPolicy=Orphan', { gracePeriodSeconds: 1 }),
  ...gone('that leaves orphans, which a controller finishes', 'g', 'propagationPolicy=Orphan').slice(0, 2),
  ...gone('with a policy that is none', 'h', 'propagationPolicy=Later'),
  ...gone('of a policy that is none, with a body', 'i', 'propagationPolicy=Later', { propagationPolicy: 'Background' }),
  ...gone('with conditions, which no query has', 'j', 'preconditions.uid=x'),
  { say: 'an account', method: 'POST', path: `${NAMESPACE}/serviceaccounts`, body: { metadata: { name: 'robot' } } },
  { say: 'a token of the account in the body', method: 'POST', path: TOKENS, body: { metadata: { name: 'robot' }, spec: {} } },
  {
    say: 'a token of another account than that of the path',
    method: 'POST',
    path: TOKENS,
    body: { metadata: { name: 'other' }, spec: {} },
    differs: 'refused since 1.24',
  },
  {
    say: 'a review whose selector says nothing',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: { spec: { user: 'somebody', resourceAttributes: { verb: 'list', resource: 'pods', fieldSelector: {} } } },
    differs: 'selectors came with 1.31',
  },
];
