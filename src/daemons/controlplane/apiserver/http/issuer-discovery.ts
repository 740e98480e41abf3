import type { ServiceAccountKey } from '../../../../pki/service-account-token.ts';
import { TOKEN_ISSUER } from '../authentication/token-authenticator.ts';
import { methodNotAllowed } from '../status-error.ts';
import { withoutSlashes } from './request-info.ts';
import type { Answer } from './respond.ts';

const CONFIGURATION = '/.well-known/openid-configuration';
const KEYS = '/openid/v1/jwks';

export interface IssuerDiscovery {
  readonly tokenKey: ServiceAccountKey;
  /** Where this server is reached: `https://127.0.0.1:6443`. */
  readonly url: () => string;
}

/**
 * Tells others how tokens of ServiceAccounts are verified (OpenID Connect Discovery 1.0, as Kubernetes serves it); undefined for other paths.
 * @throws StatusError 405
 */
export function serveIssuer({ tokenKey, url }: IssuerDiscovery, pathname: string, method: string | undefined): Answer | undefined {
  const path = withoutSlashes(pathname);
  if (pathname !== CONFIGURATION && path !== KEYS) return undefined;
  if (method !== 'GET') throw methodNotAllowed(method ?? '');
  const headers = { 'cache-control': 'public, max-age=3600' };
  if (path === KEYS) {
    return {
      code: 200,
      value: { keys: [tokenKey.jwk()] },
      mediaType: 'application/json',
      contentType: 'application/jwk-set+json',
      headers,
    };
  }
  const configuration = {
    issuer: TOKEN_ISSUER,
    jwks_uri: `${url()}${KEYS}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
  return { code: 200, value: configuration, mediaType: 'application/json', headers };
}
