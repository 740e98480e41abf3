import { messageOf } from '../../../../kernel/errors.ts';
import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { ApiContext, Target } from '../api-context.ts';
import { TOKEN_ISSUER } from '../authentication/token-authenticator.ts';
import { userInfo } from '../authorization/reviews.ts';

interface TokenReview extends KubeObject {
  spec?: { token?: string; audiences?: string[] };
}

/** POST of a TokenReview: whether a token is good, and whose it is (authentication.k8s.io/v1). */
export async function reviewToken({ tokens }: ApiContext, _target: Target, body: KubeObject): Promise<KubeObject> {
  const { spec = {} } = body as TokenReview;
  const { token = '', audiences = [TOKEN_ISSUER] } = spec;
  const status = await tokens.authenticate(token, audiences).then(
    ({ user, audiences: shared }) => ({ authenticated: true, user: userInfo(user), audiences: shared }),
    (error: unknown) => ({ user: {}, error: messageOf(error) }),
  );
  return { ...body, spec, status } as KubeObject;
}
