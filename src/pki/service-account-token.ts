import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { compactVerify, CompactSign } from 'jose';
import { KedgeError } from '../kernel/errors.ts';
import { readPrivateKey } from './key-pair.ts';

/** A name and a uid, so that a later object of the same name is not taken for this one. */
export interface TokenObject {
  readonly name: string;
  readonly uid: string;
}

/** The claims of a token of a ServiceAccount, as Kubernetes writes them. Times in seconds since the epoch. */
export interface ServiceAccountClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly nbf: number;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: TokenObject;
    /** The token is good as long as this pod is there. */
    readonly pod?: TokenObject;
    /** The token is good as long as this Secret is there. */
    readonly secret?: TokenObject;
  };
}

/** The claims of a token that a Secret of type kubernetes.io/service-account-token holds; it does not end. */
export interface SecretTokenClaims {
  readonly iss: 'kubernetes/serviceaccount';
  readonly sub: string;
  readonly 'kubernetes.io/serviceaccount/namespace': string;
  readonly 'kubernetes.io/serviceaccount/secret.name': string;
  readonly 'kubernetes.io/serviceaccount/service-account.name': string;
  readonly 'kubernetes.io/serviceaccount/service-account.uid': string;
}

/** The key of an API server's tokens: ES256, named by the SHA-256 of its public half. */
export class ServiceAccountKey {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #id: string;

  /** @throws KedgeError CERTIFICATE when it is no private key */
  constructor(keyPem: string) {
    this.#privateKey = readPrivateKey(keyPem);
    this.#publicKey = createPublicKey(this.#privateKey);
    const spki = this.#publicKey.export({ format: 'der', type: 'spki' });
    this.#id = createHash('sha256').update(spki).digest('base64url');
  }

  /** The public half, as a JSON Web Key for those who verify tokens themselves. */
  jwk(): Readonly<Record<string, unknown>> {
    const { kty, crv, x, y } = this.#publicKey.export({ format: 'jwk' });
    return { use: 'sig', kty, kid: this.#id, crv, alg: 'ES256', x, y };
  }

  sign(claims: ServiceAccountClaims | SecretTokenClaims): Promise<string> {
    const payload = new TextEncoder().encode(JSON.stringify(claims));
    return new CompactSign(payload).setProtectedHeader({ alg: 'ES256', kid: this.#id }).sign(this.#privateKey);
  }

  /** The claims of a token of this key, which may have ended. @throws KedgeError AUTH */
  async open(token: string): Promise<ServiceAccountClaims | SecretTokenClaims> {
    const { payload } = await compactVerify(token, this.#publicKey, { algorithms: ['ES256'] }).catch((cause: unknown) => {
      throw new KedgeError('AUTH', 'invalid bearer token', { cause });
    });
    // Whatever carries this key's signature was made by `sign`.
    return JSON.parse(new TextDecoder().decode(payload)) as ServiceAccountClaims | SecretTokenClaims;
  }
}
