import { isDeepStrictEqual } from 'node:util';
import { RESOURCES, type KubeObject, type User } from '../../../../protocol/kubernetes.ts';
import { withoutManagedFields } from '../../../../protocol/managed-fields.ts';
import { isMaster } from '../authorization/attributes.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { PolicyRule, Role, RoleBinding } from '../../../../protocol/rbac.ts';
import { describeRule, missingRules, quoted } from '../authorization/rule-cover.ts';
import { RBAC_GROUP } from '../../../../protocol/rbac.ts';
import { forbidden } from '../status-error.ts';
import type { AdmissionRequest } from './admission.ts';

const EVERYTHING: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

/**
 * Nobody gives away rights that they do not have: who writes a role holds its rules, or may `escalate`; who writes a binding holds the
 * role's rules, or may `bind` it (Kubernetes' rule for rbac.authorization.k8s.io).
 */
export function restrictEscalation(request: AdmissionRequest): void {
  const { target, user, object, old, operation } = request;
  const { group, plural } = target.entry.resource;
  if (group !== RBAC_GROUP || operation === 'DELETE' || object === undefined || isMaster(user)) return;
  if (old !== undefined && changesOnlyWhatOwns(object, old)) return;
  if (plural === RESOURCES.role.plural || plural === RESOURCES.clusterRole.plural) restrictRole(request, object, old);
  else restrictBinding(request, object);
}

function restrictRole({ target, user, context: { authorizer } }: AdmissionRequest, role: Role, old: Role | undefined): void {
  const { resource } = target.entry;
  const mayEscalate = isAllowed(authorizer, user, 'escalate', { ...resource, namespace: target.namespace, name: target.name });
  if (mayEscalate) return;
  const refuse = (why: string): never => {
    throw forbidden(resource, role.metadata.name, why);
  };
  refuseMissing(authorizer, user, target.namespace, role.rules ?? [], refuse);
  const aggregates = [role, old].some((each) => (each?.aggregationRule?.clusterRoleSelectors ?? []).length > 0);
  if (aggregates && missingRules(authorizer.rulesFor(user, '').rules, EVERYTHING).length > 0) {
    refuse('must have cluster-admin privileges to use the aggregationRule');
  }
}

function restrictBinding(
  { target, user, context: { authorizer } }: AdmissionRequest,
  { metadata, roleRef }: KubeObject & Partial<RoleBinding>,
): void {
  // No binding at all: that is for its validation to say.
  if (roleRef === undefined) return;
  const { namespace, entry } = target;
  const bound = roleRef.kind === 'ClusterRole' ? RESOURCES.clusterRole : RESOURCES.role;
  const mayBind = isAllowed(authorizer, user, 'bind', { ...bound, namespace, name: roleRef.name });
  if (mayBind) return;
  refuseMissing(authorizer, user, namespace, authorizer.policy.rulesOf(roleRef, namespace), (why) => {
    throw forbidden(entry.resource, metadata.name, why);
  });
}

function isAllowed(
  authorizer: Authorizer,
  user: User,
  verb: string,
  resource: { group: string; version: string; plural: string; namespace: string; name: string },
): boolean {
  return authorizer.authorize({ user, verb, resource: { ...resource, subresource: '' } }).allowed;
}

function refuseMissing(
  authorizer: Authorizer,
  user: User,
  namespace: string,
  wanted: readonly PolicyRule[],
  refuse: (why: string) => never,
): void {
  const { rules, errors } = authorizer.rulesFor(user, namespace);
  const missing = missingRules(rules, wanted);
  if (missing.length === 0) return;
  const list = [...new Set(missing.map(describeRule))].sort().join('\n');
  const unresolved = errors.length === 0 ? '' : `; resolution errors: [${errors.join(' ')}]`;
  refuse(
    `user ${JSON.stringify(user.name)} (groups=${quoted(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${list}${unresolved}`,
  );
}

/** Owners and finalizers: what the garbage collector must be able to change. Who wrote which field is accounted for later. */
function changesOnlyWhatOwns(given: KubeObject, stored: KubeObject): boolean {
  const [object, old] = [withoutManagedFields(given), withoutManagedFields(stored)];
  const { ownerReferences, finalizers } = old.metadata;
  const { ownerReferences: owners, finalizers: held, ...metadata } = object.metadata;
  if (isDeepStrictEqual([owners, held], [ownerReferences, finalizers])) return false;
  const kept = { ...metadata, ...(ownerReferences && { ownerReferences }), ...(finalizers && { finalizers }) };
  return isDeepStrictEqual({ ...object, metadata: { ...kept, resourceVersion: old.metadata.resourceVersion } }, old);
}
