import type { User } from '../../../../protocol/kubernetes.ts';

/** The object or collection that a request is about; what it does not name is ''. */
export interface ResourceAttributes {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** What is asked of an authorizer: may this user do this? Either with a resource or with a path. */
export interface Attributes {
  readonly user: User;
  /** `get`, `list`, … for resources; the method in lower case for paths. */
  readonly verb: string;
  readonly resource?: ResourceAttributes;
  readonly path?: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** Why, in Kubernetes' words; '' when there is nothing to say. */
  readonly reason: string;
}

/** Whoever is in it may do everything. */
export const MASTERS_GROUP = 'system:masters';
export const AUTHENTICATED_GROUP = 'system:authenticated';
export const UNAUTHENTICATED_GROUP = 'system:unauthenticated';

/** Who has shown no identity. */
export const ANONYMOUS: User = { name: 'system:anonymous', groups: [UNAUTHENTICATED_GROUP] };

export function isMaster({ groups }: User): boolean {
  return groups.includes(MASTERS_GROUP);
}
