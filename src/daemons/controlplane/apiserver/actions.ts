import type { ApiResource, KubeObject, Status, User } from '../../../protocol/kubernetes.ts';
import { apiVersionOf, RESOURCES } from '../../../protocol/kubernetes.ts';
import { admit } from './admission/admission.ts';
import type { ApiContext, Target, WriteOptions } from './api-context.ts';
import { reviewLocalAccess, reviewSelf, reviewSelfAccess, reviewSelfRules, reviewSubjectAccess } from './authorization/reviews.ts';
import { BINDING, builtin } from './builtin-resources.ts';
import { decode } from './decode.ts';
import { bindPod } from './pods/binding.ts';
import { evictPod } from './pods/eviction.ts';
import { isObject } from './schema/json.ts';
import type { ServedResource } from './served-resource.ts';
import { groupResource, methodNotAllowed } from './status-error.ts';
import { issueToken } from './tokens/token-request.ts';
import { reviewToken } from './tokens/token-review.ts';

/** A POST that stores nothing of its own and is answered at once. */
interface Action {
  /** What the body is. */
  readonly body: ServedResource;
  /** An older apiVersion that it may also have. */
  readonly olderVersion?: string;
  readonly run: (context: ApiContext, target: Target, body: KubeObject, options: WriteOptions) => Promise<KubeObject | Status>;
}

const TOKEN_REQUEST: ApiResource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenrequests',
  kind: 'TokenRequest',
  namespaced: true,
};

const EVICTION: ApiResource = { group: 'policy', version: 'v1', plural: 'evictions', kind: 'Eviction', namespaced: true };

/** By resource and subresource. */
const ACTIONS: Readonly<Record<string, Action>> = {
  'bindings/': { body: builtin(BINDING), run: bindPod },
  'pods/binding': { body: builtin(BINDING), run: bindPod },
  'pods/eviction': { body: builtin(EVICTION), olderVersion: 'policy/v1beta1', run: evictPod },
  'serviceaccounts/token': { body: builtin(TOKEN_REQUEST), run: issueToken },
  ...review(RESOURCES.tokenReview, reviewToken),
  ...review(RESOURCES.selfSubjectReview, reviewSelf),
  ...review(RESOURCES.subjectAccessReview, reviewSubjectAccess),
  ...review(RESOURCES.localSubjectAccessReview, reviewLocalAccess),
  ...review(RESOURCES.selfSubjectAccessReview, reviewSelfAccess),
  ...review(RESOURCES.selfSubjectRulesReview, reviewSelfRules),
};

type Review = (context: ApiContext, target: Target, body: KubeObject, user: User) => Promise<KubeObject> | KubeObject;

function review(resource: ApiResource, run: Review): Record<string, Action> {
  const action: Action = { body: builtin(resource), run: async (context, target, body, { user }) => run(context, target, body, user) };
  return { [`${groupResource(resource)}/`]: action };
}

function actionOf({ entry, subresource }: Target): Action | undefined {
  return ACTIONS[`${groupResource(entry.resource)}/${subresource}`];
}

/** True when the target takes nothing but a POST that is answered at once. */
export function isAction(target: Target): boolean {
  return actionOf(target) !== undefined;
}

/** Answers the POST. @throws StatusError */
export async function act(context: ApiContext, target: Target, input: unknown, options: WriteOptions): Promise<KubeObject | Status> {
  const action = actionOf(target);
  if (action === undefined) throw methodNotAllowed('POST');
  const { body: entry, olderVersion } = action;
  const given = isObject(input) && olderVersion !== undefined && input['apiVersion'] === olderVersion;
  const body = decode({ ...target, entry }, given ? { ...input, apiVersion: apiVersionOf(entry.resource) } : input, options);
  admit({ operation: 'CREATE', target, user: options.user, context, reader: context.store, object: body });
  return action.run(context, target, body, options);
}
