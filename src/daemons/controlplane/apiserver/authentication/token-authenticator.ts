import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../../kernel/clock.ts';
import { KedgeError } from '../../../../kernel/errors.ts';
import type { SecretTokenClaims, ServiceAccountClaims, ServiceAccountKey, TokenObject } from '../../../../pki/service-account-token.ts';
import type { Secret, User } from '../../../../protocol/kubernetes.ts';
import type { KubeObjectStore } from '../../../../store/kube-objects.ts';
import { AUTHENTICATED_GROUP } from '../authorization/attributes.ts';
import { accountGroups } from './account-user.ts';
import type { StaticToken } from './static-token.ts';

/** Who issues the tokens, and who takes them when a request names nobody. */
export const TOKEN_ISSUER = 'https://kubernetes.default.svc';

/** How long the token of a pod outlives the time that its deletion gave it, ms. */
const DELETED_MS = 60_000;
/** How many tokens it remembers to have verified; a signature is the costly part. */
const REMEMBERED = 1_000;
const MAX_TOKEN_LENGTH = 16_384;

export interface TokenAuthenticatorDeps {
  readonly store: KubeObjectStore;
  readonly clock: Clock;
  readonly tokenKey: ServiceAccountKey;
  readonly adminToken?: StaticToken;
}

export interface Authenticated {
  readonly user: User;
  /** For which of the audiences asked for the token is good. */
  readonly audiences: readonly string[];
}

/** Says whose a bearer token is: the administrator's, a ServiceAccount's out of a TokenRequest, or one that a Secret holds. */
export class TokenAuthenticator {
  readonly #deps: TokenAuthenticatorDeps;
  /** Claims by the hash of their token, the one that was asked for last at the end. */
  readonly #verified = new Map<string, ServiceAccountClaims | SecretTokenClaims>();

  constructor(deps: TokenAuthenticatorDeps) {
    this.#deps = deps;
  }

  /** @throws KedgeError AUTH saying what is wrong with the token, which it does not hold */
  async authenticate(token: string, audiences: readonly string[] = [TOKEN_ISSUER]): Promise<Authenticated> {
    if (token.length > MAX_TOKEN_LENGTH) throw refused('invalid bearer token');
    const administrator = this.#deps.adminToken?.userOf(token);
    if (administrator !== undefined) return { user: administrator, audiences: shared([TOKEN_ISSUER], audiences) };
    const claims = await this.#claimsOf(token);
    return claims.iss === TOKEN_ISSUER
      ? this.#accountOf(claims, audiences)
      : this.#accountOfSecret(claims as SecretTokenClaims, token, audiences);
  }

  async #claimsOf(token: string): Promise<ServiceAccountClaims | SecretTokenClaims> {
    const key = createHash('sha256').update(token).digest('base64');
    const claims = this.#verified.get(key) ?? (await this.#deps.tokenKey.open(token));
    this.#verified.delete(key);
    this.#verified.set(key, claims);
    const [oldest] = this.#verified.keys();
    if (this.#verified.size > REMEMBERED && oldest !== undefined) this.#verified.delete(oldest);
    return claims;
  }

  #accountOf(claims: ServiceAccountClaims, audiences: readonly string[]): Authenticated {
    const now = this.#deps.clock.now() / 1000;
    if (claims.exp <= now) throw refused('the token has expired');
    if (claims.nbf > now + 1) throw refused('the token is not good yet');
    const common = shared(claims.aud, audiences);
    const { namespace, serviceaccount, pod, secret } = claims['kubernetes.io'];
    this.#assertThere('serviceaccounts', namespace, serviceaccount);
    if (pod !== undefined) this.#assertThere('pods', namespace, pod);
    if (secret !== undefined) this.#assertThere('secrets', namespace, secret);
    const key = (name: string): string => `authentication.kubernetes.io/${name}`;
    const extra = pod && { [key('pod-name')]: [pod.name], [key('pod-uid')]: [pod.uid] };
    return { user: accountOf(claims.sub, namespace, serviceaccount.uid, extra), audiences: common };
  }

  /** The Secret must be there still, and hold this very token. */
  #accountOfSecret(claims: SecretTokenClaims, token: string, audiences: readonly string[]): Authenticated {
    const common = shared([TOKEN_ISSUER], audiences);
    const namespace = claims['kubernetes.io/serviceaccount/namespace'];
    const uid = claims['kubernetes.io/serviceaccount/service-account.uid'];
    this.#assertThere('serviceaccounts', namespace, { name: claims['kubernetes.io/serviceaccount/service-account.name'], uid });
    const name = claims['kubernetes.io/serviceaccount/secret.name'];
    const secret = this.#deps.store.get({ resource: 'secrets', namespace, name }) as Secret | undefined;
    const held = Buffer.from(secret?.data?.['token'] ?? '', 'base64');
    const given = Buffer.from(token);
    if (held.length !== given.length || !timingSafeEqual(held, given) || secret?.metadata.deletionTimestamp !== undefined) {
      throw refused(`the token was of a secret ${namespace}/${name} that is gone`);
    }
    return { user: accountOf(claims.sub, namespace, uid), audiences: common };
  }

  #assertThere(resource: 'serviceaccounts' | 'pods' | 'secrets', namespace: string, { name, uid }: TokenObject): void {
    const { store, clock } = this.#deps;
    const { metadata } = store.get({ resource, namespace, name }) ?? {};
    const ends = metadata?.deletionTimestamp;
    const isOver = ends !== undefined && Date.parse(ends) + DELETED_MS < clock.now();
    if (metadata?.uid !== uid || isOver) throw refused(`the token was for a ${resource.slice(0, -1)} ${namespace}/${name} that is gone`);
  }
}

function accountOf(name: string, namespace: string, uid: string, extra?: User['extra']): User {
  return { name, uid, groups: [...accountGroups(namespace), AUTHENTICATED_GROUP], ...(extra && { extra }) };
}

function shared(own: readonly string[], wanted: readonly string[]): string[] {
  const common = own.filter((audience) => wanted.includes(audience));
  if (common.length === 0) throw refused('the token is for another audience');
  return common;
}

function refused(why: string): KedgeError {
  return new KedgeError('AUTH', why);
}
