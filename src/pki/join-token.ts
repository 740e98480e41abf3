import { createHash } from 'node:crypto';
import { KedgeError } from '../kernel/errors.ts';

/** A join token's two halves: what pins the CA, and what is shown to the cloud. */
export interface JoinToken {
  /** SHA-256 of the CA certificate's DER, lower-case hex. */
  readonly caHash: string;
  readonly jwt: string;
}

/**
 * KubeEdge's join token: `sha256hex(CA DER).header.claims.signature`.
 * @throws KedgeError AUTH when the text has another form
 */
export function splitToken(text: string): JoinToken {
  const match = /^([0-9a-f]{64})\.([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(text.trim());
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new KedgeError('AUTH', 'this is not a join token: a token has four parts with dots between them', {
      hint: 'run `kedge token create` on the cloud and copy the whole line',
    });
  }
  return { caHash: match[1].toLowerCase(), jwt: match[2] };
}

/** How a token names its CA. */
export function caHash(caDer: Uint8Array): string {
  return createHash('sha256').update(caDer).digest('hex');
}
