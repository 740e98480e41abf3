import type { ApiResource, KubeObject, User } from '../../../protocol/kubernetes.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { ApiContext, Target, WriteOptions } from './api-context.ts';
import { reviewLocalAccess, reviewSelf, reviewSelfAccess, reviewSelfRules, reviewSubjectAccess } from './authorization/reviews.ts';
import { builtin } from './builtin-resources.ts';
import { decode } from './decode.ts';
import type { ServedResource } from './served-resource.ts';
import { groupResource, methodNotAllowed } from './status-error.ts';
import { issueToken } from './tokens/token-request.ts';
import { reviewToken } from './tokens/token-review.ts';

/** A POST that stores nothing and is answered at once. */
interface Action {
  /** What the body is. */
  readonly body: ServedResource;
  readonly run: (context: ApiContext, target: Target, body: KubeObject, user: User) => Promise<KubeObject> | KubeObject;
}

const TOKEN_REQUEST: ApiResource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenrequests',
  kind: 'TokenRequest',
  namespaced: true,
};

/** By resource and subresource. */
const ACTIONS: Readonly<Record<string, Action>> = {
  'serviceaccounts/token': { body: builtin(TOKEN_REQUEST), run: issueToken },
  ...review(RESOURCES.tokenReview, reviewToken),
  ...review(RESOURCES.selfSubjectReview, reviewSelf),
  ...review(RESOURCES.subjectAccessReview, reviewSubjectAccess),
  ...review(RESOURCES.localSubjectAccessReview, reviewLocalAccess),
  ...review(RESOURCES.selfSubjectAccessReview, reviewSelfAccess),
  ...review(RESOURCES.selfSubjectRulesReview, reviewSelfRules),
};

function review(resource: ApiResource, run: Action['run']): Record<string, Action> {
  return { [`${groupResource(resource)}/`]: { body: builtin(resource), run } };
}

function actionOf({ entry, subresource }: Target): Action | undefined {
  return ACTIONS[`${groupResource(entry.resource)}/${subresource}`];
}

/** True when the target takes nothing but a POST that is answered at once. */
export function isAction(target: Target): boolean {
  return actionOf(target) !== undefined;
}

/** Answers the POST. @throws StatusError */
export async function act(context: ApiContext, target: Target, input: unknown, options: WriteOptions): Promise<KubeObject> {
  const action = actionOf(target);
  if (action === undefined) throw methodNotAllowed('POST');
  const body = decode({ ...target, entry: action.body }, input, options);
  return action.run(context, target, body, options.user);
}
