import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
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
  };
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

  sign(claims: ServiceAccountClaims): Promise<string> {
    return new SignJWT({ ...claims, aud: [...claims.aud] }).setProtectedHeader({ alg: 'ES256', kid: this.#id }).sign(this.#privateKey);
  }

  /** The claims of a token of this key that is good now. @throws KedgeError AUTH saying what is wrong with it */
  async verify(token: string, issuer: string, now: number): Promise<ServiceAccountClaims> {
    const { payload } = await jwtVerify(token, this.#publicKey, {
      algorithms: ['ES256'],
      issuer,
      requiredClaims: ['exp', 'nbf', 'sub', 'aud', 'kubernetes.io'],
      currentDate: new Date(now),
    }).catch((error: unknown) => {
      const reason = error instanceof errors.JWTExpired ? 'the token has expired' : 'the token is none of this server';
      throw new KedgeError('AUTH', reason, { cause: error });
    });
    // Whatever carries this key's signature was made by `sign`.
    return payload as unknown as ServiceAccountClaims;
  }
}
