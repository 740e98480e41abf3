import { KedgeError } from '../kernel/errors.ts';

/** PEM labels in use: keys are SEC1 (`EC PRIVATE KEY`), as KubeEdge writes them. */
export type PemLabel = 'CERTIFICATE' | 'EC PRIVATE KEY' | 'RSA PRIVATE KEY' | 'PRIVATE KEY';

export function derToPem(der: Uint8Array, label: PemLabel): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/**
 * The bytes of the first PEM block; `EC PARAMETERS`, which openssl puts before keys, is passed over.
 * @throws KedgeError CERTIFICATE when there is no block
 */
export function pemToDer(pem: string): Buffer {
  const block = /-----BEGIN (?!EC PARAMETERS)([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/.exec(pem);
  if (block?.[2] === undefined) throw new KedgeError('CERTIFICATE', 'no PEM block found');
  return Buffer.from(block[2], 'base64');
}
