const PREFIX = 'system:serviceaccount:';
const GROUP = 'system:serviceaccounts';

/** The namespace and the name of the ServiceAccount that a user is; undefined for any other user. */
export function readAccountUser(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(PREFIX)) return undefined;
  const [namespace = '', name = '', ...more] = user.slice(PREFIX.length).split(':');
  return namespace === '' || name === '' || more.length > 0 ? undefined : { namespace, name };
}

export function accountUser(namespace: string, name: string): string {
  return `${PREFIX}${namespace}:${name}`;
}

/** The groups of the ServiceAccounts of a namespace. */
export function accountGroups(namespace: string): string[] {
  return [GROUP, `${GROUP}:${namespace}`];
}
