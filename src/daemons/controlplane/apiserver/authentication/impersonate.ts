import type { IncomingMessage } from 'node:http';
import type { User } from '../../../../protocol/kubernetes.ts';
import { ANONYMOUS, AUTHENTICATED_GROUP, UNAUTHENTICATED_GROUP, type ResourceAttributes } from '../authorization/attributes.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import { forbiddenRequest } from '../authorization/refusal.ts';
import { badRequest } from '../status-error.ts';
import { accountGroups, readAccountUser } from './account-user.ts';

const AUTHENTICATION_GROUP = 'authentication.k8s.io';
const EXTRA_PREFIX = 'impersonate-extra-';

/**
 * As whom a request is carried out: the user itself, or the one in the headers Impersonate-User, -Group, -Uid and -Extra-KEY. For each of
 * them the user must be allowed to `impersonate` (Kubernetes' user impersonation). @throws StatusError 400, 403
 */
export function impersonate(
  user: User,
  { headersDistinct: headers }: Pick<IncomingMessage, 'headersDistinct'>,
  authorizer: Authorizer,
): User {
  const name = headers['impersonate-user']?.[0] ?? '';
  const groups = headers['impersonate-group'] ?? [];
  const uid = headers['impersonate-uid']?.[0];
  const extra = extraIn(headers);
  if (name === '') {
    if (groups.length === 0 && uid === undefined && Object.keys(extra).length === 0) return user;
    throw badRequest('groups, uid and extra cannot be impersonated without a user');
  }
  const asked: ResourceAttributes[] = [
    userAttributes(name),
    ...groups.map((group) => attributes('', 'groups', group)),
    ...Object.entries(extra).flatMap(([key, values]) => values.map((value) => attributes(AUTHENTICATION_GROUP, 'userextras', value, key))),
    ...(uid === undefined ? [] : [attributes(AUTHENTICATION_GROUP, 'uids', uid)]),
  ];
  for (const resource of asked) {
    const { allowed, reason } = authorizer.authorize({ user, verb: 'impersonate', resource });
    if (!allowed) throw forbiddenRequest({ user, verb: 'impersonate', resource }, reason);
  }
  return {
    name,
    groups: completed(name, groups),
    ...(uid !== undefined && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** The groups asked for, and those that such a user always has. */
function completed(name: string, asked: readonly string[]): string[] {
  const account = readAccountUser(name);
  const groups = account !== undefined && asked.length === 0 ? accountGroups(account.namespace) : [...new Set(asked)];
  const own = name === ANONYMOUS.name ? UNAUTHENTICATED_GROUP : AUTHENTICATED_GROUP;
  return groups.includes(AUTHENTICATED_GROUP) || groups.includes(UNAUTHENTICATED_GROUP) ? groups : [...groups, own];
}

function userAttributes(name: string): ResourceAttributes {
  const account = readAccountUser(name);
  if (account === undefined) return attributes('', 'users', name);
  return { ...attributes('', 'serviceaccounts', account.name), namespace: account.namespace };
}

function attributes(group: string, plural: string, name: string, subresource = ''): ResourceAttributes {
  return { group, version: group === '' ? '' : 'v1', plural, subresource, namespace: '', name };
}

function extraIn(headers: IncomingMessage['headersDistinct']): Record<string, string[]> {
  const entries = Object.entries(headers).filter(([header]) => header.startsWith(EXTRA_PREFIX));
  return Object.fromEntries(entries.map(([header, values = []]) => [decoded(header.slice(EXTRA_PREFIX.length)), values]));
}

/** Keys are percent-encoded where a header's name cannot hold them; what is not is taken as it is. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key).toLowerCase();
  } catch {
    return key;
  }
}
