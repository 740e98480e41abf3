import { errors, jwtVerify, SignJWT } from 'jose';
import { KedgeError } from '../kernel/errors.ts';
import { caHash } from './join-token.ts';

interface TokenRequest {
  readonly caCertDer: Uint8Array;
  /** The CA key's DER, byte for byte as KubeEdge's `casecret` holds it: it is the HMAC key. */
  readonly caKeyDer: Uint8Array;
  readonly expiresAt: Date;
  /** kedge's claim `jti`; KubeEdge's own tokens have none. */
  readonly id?: string;
}

/** A join token that KubeEdge's cloud accepts too: HS256, claim `exp` and, from kedge, `jti`. */
export async function createToken({ caCertDer, caKeyDer, expiresAt, id }: TokenRequest): Promise<string> {
  const claims = new SignJWT(id === undefined ? {} : { jti: id }).setExpirationTime(Math.floor(expiresAt.getTime() / 1000));
  const jwt = await claims.setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(caKeyDer);
  return `${caHash(caCertDer)}.${jwt}`;
}

/**
 * Checks a token's signature (in constant time) and expiry.
 * @param jwt the token without its leading CA hash
 * @throws KedgeError AUTH saying which of the two failed
 */
export async function verifyToken(jwt: string, caKeyDer: Uint8Array, now: number): Promise<{ id?: string; expiresAt: Date }> {
  const { payload } = await jwtVerify(jwt, caKeyDer, {
    algorithms: ['HS256'],
    requiredClaims: ['exp'],
    currentDate: new Date(now),
  }).catch((error: unknown) => {
    throw new KedgeError('AUTH', `Invalid authorization token: ${reasonOf(error)}`, { cause: error });
  });
  const expiresAt = new Date((payload.exp ?? 0) * 1000);
  return payload.jti === undefined ? { expiresAt } : { id: payload.jti, expiresAt };
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'it was not copied whole, or another cloud made it';
  return 'it is malformed';
}
