import type { User } from '../../../../protocol/kubernetes.ts';
import type { Attributes } from '../authorization/attributes.ts';
import { requiredValue } from '../field-selector.ts';
import { pathSegment } from '../schema/name-rules.ts';
import { isTrue } from './query.ts';
import { parsePath, type RequestInfo } from './request-info.ts';

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** What a request asks for, as authorizers see it. */
export function attributesOf(user: User, method: string, url: URL): Attributes {
  const info = parsePath(url.pathname);
  if (info === undefined || info.plural === '') return { user, verb: method.toLowerCase(), path: url.pathname };
  const { group, version, plural, subresource } = info;
  const verb = verbOf(method, info, url.searchParams);
  const resource = { group, version, plural, subresource, namespace: namespaceOf(info), name: nameOf(verb, info, url.searchParams) };
  return { user, verb, resource };
}

function verbOf(method: string, { name }: RequestInfo, query: URLSearchParams): string {
  const verb = VERBS[method] ?? '';
  if (name !== '') return verb;
  if (verb === 'get' && isTrue(query.get('watch'))) return 'watch';
  return { get: 'list', delete: 'deletecollection' }[verb] ?? verb;
}

/** A Namespace is in itself. */
function namespaceOf({ group, plural, namespace, name }: RequestInfo): string {
  return group === '' && plural === 'namespaces' ? name : namespace;
}

/** Who selects one name of a collection to read needs no more than that. */
function nameOf(verb: string, { name }: RequestInfo, query: URLSearchParams): string {
  if (name !== '' || (verb !== 'list' && verb !== 'watch')) return name;
  const selected = requiredValue(query.get('fieldSelector') ?? '', 'metadata.name') ?? '';
  return pathSegment(selected).length === 0 ? selected : '';
}
