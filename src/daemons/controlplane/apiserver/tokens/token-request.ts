import { randomUUID } from 'node:crypto';
import type { KubeObject, Pod, TokenRequest } from '../../../../protocol/kubernetes.ts';
import type { ServiceAccountClaims, TokenObject } from '../../../../pki/service-account-token.ts';
import { accountUser } from '../authentication/account-user.ts';
import { TOKEN_ISSUER } from '../authentication/token-authenticator.ts';
import { timestamp, type ApiContext, type Target } from '../api-context.ts';
import { getObject } from '../object-read.ts';
import { invalid as invalidField } from '../schema/field-error.ts';
import { badRequest, conflict, invalid, notFound } from '../status-error.ts';

const DEFAULT_SECONDS = 3_600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;

/**
 * POST of a TokenRequest to `serviceaccounts/NAME/token`: a signed token, bound to a pod when the request names one (Kubernetes'
 * TokenRequest of authentication.k8s.io/v1). @throws StatusError
 */
export async function issueToken(context: ApiContext, target: Target, body: KubeObject): Promise<KubeObject> {
  assertName(target, body);
  const { metadata } = getObject(context, { ...target, subresource: '' });
  const asked = (body as unknown as Partial<TokenRequest>).spec ?? {};
  const { boundObjectRef: reference } = asked;
  const audiences = (asked.audiences ?? []).length === 0 ? [TOKEN_ISSUER] : (asked.audiences ?? []);
  const expirationSeconds = lifetime(asked.expirationSeconds ?? DEFAULT_SECONDS);
  const bound = reference === undefined ? {} : boundObject(context, target, reference);
  const now = Math.floor(context.clock.now() / 1000);
  const { name, namespace } = target;
  const claims: ServiceAccountClaims = {
    iss: TOKEN_ISSUER,
    sub: accountUser(namespace, name),
    aud: audiences,
    exp: now + expirationSeconds,
    iat: now,
    nbf: now,
    jti: randomUUID(),
    'kubernetes.io': { namespace, serviceaccount: { name, uid: metadata.uid ?? '' }, ...bound },
  };
  const spec = {
    audiences,
    expirationSeconds,
    ...(reference && { boundObjectRef: { ...reference, uid: (bound.pod ?? bound.secret)?.uid } }),
  };
  const status = { token: await context.tokenKey.sign(claims), expirationTimestamp: timestamp(claims.exp * 1000) };
  const created = { name, namespace, creationTimestamp: timestamp(context.clock.now()) };
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: created, spec, status } as KubeObject;
}

const KIND = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

/** Who names an account in the body, too, means this one (Kubernetes 1.24). */
function assertName({ name }: Target, { metadata }: KubeObject): void {
  const given = (metadata as Partial<KubeObject['metadata']>).name ?? '';
  if (given === '' || given === name) return;
  throw invalid(KIND, name, [invalidField('metadata.name', given, 'must match the service account name if specified')]);
}

function lifetime(seconds: number): number {
  const refuse = (detail: string): never => {
    throw invalid(KIND, '', [invalidField('spec.expirationSeconds', seconds, detail)]);
  };
  if (seconds < MIN_SECONDS) refuse('may not specify a duration less than 10 minutes');
  if (seconds > MAX_SECONDS) refuse('may not specify a duration larger than 2^32 seconds');
  return seconds;
}

/** Kinds that a token may be bound to. */
const BOUND: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets' };

/** What the token is for: it must be there, be the one that is meant, and, if it is a pod, run as this account. */
function boundObject(
  { store }: ApiContext,
  { name: account, namespace }: Target,
  { kind = '', apiVersion = '', name = '', uid = '' }: NonNullable<TokenRequest['spec']['boundObjectRef']>,
): Pick<ServiceAccountClaims['kubernetes.io'], 'pod' | 'secret'> {
  const plural = apiVersion === 'v1' ? BOUND[kind] : undefined;
  if (plural === undefined) throw badRequest(`cannot bind token to object of type ${apiVersion}, Kind=${kind}`);
  const object = store.get({ resource: plural, namespace, name });
  if (object === undefined) throw notFound({ group: '', plural }, name);
  if (kind === 'Pod' && (object as Pod).spec?.['serviceAccountName'] !== account) {
    throw badRequest(`cannot bind token for serviceaccount "${account}" to pod running with different serviceaccount name.`);
  }
  if (uid !== '' && uid !== object.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', plural: kind }, name, why);
  }
  const bound: TokenObject = { name, uid: object.metadata.uid ?? '' };
  return kind === 'Pod' ? { pod: bound } : { secret: bound };
}
