import type { KubeObject, User } from '../../../../protocol/kubernetes.ts';
import type { ApiContext, Target } from '../api-context.ts';
import { invalid as invalidField, type FieldError } from '../schema/field-error.ts';
import { badRequest, invalid } from '../status-error.ts';
import type { Attributes } from './attributes.ts';
import type { PolicyRule } from '../../../../protocol/rbac.ts';
import { aggregate } from './rbac-authorizer.ts';
import { selectorErrors, type ReviewSelectors } from './selector-attributes.ts';

/** What is asked, of authorization.k8s.io/v1. */
interface ReviewSpec {
  resourceAttributes?: ReviewSelectors & {
    namespace?: string;
    verb?: string;
    group?: string;
    version?: string;
    resource?: string;
    subresource?: string;
    name?: string;
  };
  nonResourceAttributes?: { path?: string; verb?: string };
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}
interface AccessReview extends KubeObject {
  spec?: ReviewSpec;
}
interface RulesReview extends KubeObject {
  spec?: { namespace?: string };
}

/** POST of a SubjectAccessReview: may this user do this? @throws StatusError 422 */
export function reviewSubjectAccess(context: ApiContext, _target: Target, body: KubeObject): KubeObject {
  const { spec = {} } = body as AccessReview;
  return answer(context, body, subjectOf(spec), accessErrors(spec, true));
}

/** The same, in one namespace. @throws StatusError 422 */
export function reviewLocalAccess(context: ApiContext, { namespace }: Target, body: KubeObject): KubeObject {
  const { spec = {} } = body as AccessReview;
  const { resourceAttributes, nonResourceAttributes } = spec;
  const errors = accessErrors(spec, true);
  if (resourceAttributes !== undefined && (resourceAttributes.namespace ?? '') !== namespace) {
    errors.push(invalidField('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', 'must match metadata.namespace'));
  }
  if (nonResourceAttributes !== undefined) {
    errors.push(invalidField('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request'));
  }
  return answer(context, body, subjectOf(spec), errors);
}

/** POST of a SelfSubjectAccessReview: may I do this? @throws StatusError 422 */
export function reviewSelfAccess(context: ApiContext, _target: Target, body: KubeObject, user: User): KubeObject {
  return answer(context, body, user, accessErrors((body as AccessReview).spec ?? {}, false));
}

/** POST of a SelfSubjectRulesReview: what may I do in this namespace? @throws StatusError 400 */
export function reviewSelfRules({ authorizer }: ApiContext, _target: Target, body: KubeObject, user: User): KubeObject {
  const { spec = {} } = body as RulesReview;
  const { namespace = '' } = spec;
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, errors, incomplete } = authorizer.rulesFor(user, namespace);
  const status = {
    resourceRules: rules.filter(({ resources = [] }) => resources.length > 0).map(resourceRule),
    nonResourceRules: rules
      .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
      .map(({ verbs = [], nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
    incomplete,
    ...(errors.length > 0 && { evaluationError: aggregate(errors) }),
  };
  return { ...body, spec: {}, status } as KubeObject;
}

/** POST of a SelfSubjectReview: who am I? (authentication.k8s.io/v1) */
export function reviewSelf(_context: ApiContext, _target: Target, body: KubeObject, user: User): KubeObject {
  return { ...body, status: { userInfo: userInfo(user) } } as KubeObject;
}

/** A user as authentication.k8s.io/v1 writes it. */
export function userInfo({ name, uid, groups, extra }: User): object {
  return { username: name, ...(uid !== undefined && { uid }), groups: [...groups], ...(extra && { extra }) };
}

function answer({ authorizer }: ApiContext, body: KubeObject, user: User, errors: readonly FieldError[]): KubeObject {
  // Kubernetes forgets the kind here.
  if (errors.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', errors);
  const { allowed, reason } = authorizer.authorize(attributesOf((body as AccessReview).spec ?? {}, user));
  return { ...body, status: { allowed, ...(reason !== '' && { reason }) } } as KubeObject;
}

function attributesOf({ resourceAttributes: asked, nonResourceAttributes: path }: ReviewSpec, user: User): Attributes {
  if (asked === undefined) return { user, verb: path?.verb ?? '', path: path?.path ?? '' };
  const { namespace = '', verb = '', group = '', version = '', resource: plural = '', subresource = '', name = '' } = asked;
  return { user, verb, resource: { group, version, plural, subresource, namespace, name } };
}

function subjectOf({ user = '', groups = [], uid, extra }: ReviewSpec): User {
  return { name: user, groups, ...(uid !== undefined && { uid }), ...(extra && { extra }) };
}

function accessErrors(spec: ReviewSpec, hasSubject: boolean): FieldError[] {
  const { resourceAttributes, nonResourceAttributes, user = '', groups = [] } = spec;
  const errors: FieldError[] = [];
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const why = 'cannot be specified in combination with resourceAttributes';
    errors.push(invalidField('spec.nonResourceAttributes', nonResourceAttributes, why));
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    errors.push(invalidField('spec.resourceAttributes', undefined, why));
  }
  if (resourceAttributes !== undefined) errors.push(...selectorErrors(resourceAttributes, 'spec.resourceAttributes'));
  if (hasSubject && user === '' && groups.length === 0) {
    errors.push(invalidField('spec.user', user, 'at least one of user or group must be specified'));
  }
  return errors;
}

function resourceRule({ verbs = [], apiGroups = [], resources = [], resourceNames = [] }: PolicyRule): object {
  return { verbs, apiGroups, resources, ...(resourceNames.length > 0 && { resourceNames }) };
}
