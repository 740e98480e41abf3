import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { messageOf } from '../../../../kernel/errors.ts';
import type { ServiceAccountClaims, TokenObject } from '../../../../pki/service-account-token.ts';
import type { ApiContext, Target } from '../api-context.ts';
import { TOKEN_ISSUER } from './token-request.ts';

interface TokenReview extends KubeObject {
  spec?: { token?: string; audiences?: string[] };
}

/** How long the token of a pod outlives the time that its deletion gave it, ms. */
const DELETED_POD_MS = 60_000;

/** POST of a TokenReview: whether a token is good, and whose it is (authentication.k8s.io/v1). */
export async function reviewToken(context: ApiContext, _target: Target, body: KubeObject): Promise<KubeObject> {
  const { spec = {} } = body as TokenReview;
  const { token = '', audiences = [TOKEN_ISSUER] } = spec;
  const status = await review(context, token, audiences).catch((error: unknown) => ({ user: {}, error: messageOf(error) }));
  return { ...body, spec, status } as KubeObject;
}

async function review(context: ApiContext, token: string, audiences: readonly string[]): Promise<object> {
  const claims = await context.tokenKey.verify(token, TOKEN_ISSUER, context.clock.now());
  const shared = claims.aud.filter((audience) => audiences.includes(audience));
  if (shared.length === 0) throw new Error('the token is for another audience');
  const { namespace, serviceaccount, pod } = claims['kubernetes.io'];
  assertThere(context, 'serviceaccounts', namespace, serviceaccount);
  if (pod !== undefined) assertThere(context, 'pods', namespace, pod);
  return { authenticated: true, user: userOf(claims), audiences: shared };
}

function assertThere(
  { store, clock }: ApiContext,
  resource: 'serviceaccounts' | 'pods',
  namespace: string,
  { name, uid }: TokenObject,
): void {
  const { metadata } = store.get({ resource, namespace, name }) ?? {};
  const ends = metadata?.deletionTimestamp;
  const isOver = ends !== undefined && Date.parse(ends) + DELETED_POD_MS < clock.now();
  if (metadata?.uid !== uid || isOver) throw new Error(`the token was for a ${resource.slice(0, -1)} ${namespace}/${name} that is gone`);
}

function userOf({ sub, 'kubernetes.io': { namespace, serviceaccount, pod } }: ServiceAccountClaims): object {
  const key = (name: string): string => `authentication.kubernetes.io/${name}`;
  return {
    username: sub,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    ...(pod && { extra: { [key('pod-name')]: [pod.name], [key('pod-uid')]: [pod.uid] } }),
  };
}
