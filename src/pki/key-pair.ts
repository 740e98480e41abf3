import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { KedgeError } from '../kernel/errors.ts';
import { derToPem, pemToDer } from './pem.ts';

/** A certificate and its private key, as they stand in their files. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** A new EC P-256 key as SEC1 PEM. */
export function createKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return derToPem(privateKey.export({ format: 'der', type: 'sec1' }), 'EC PRIVATE KEY');
}

/** The public half of a private key. */
export function publicKeyOf(keyPem: string): KeyObject {
  return createPublicKey(readPrivateKey(keyPem));
}

/** @throws KedgeError CERTIFICATE when it is no private key */
export function readPrivateKey(keyPem: string): KeyObject {
  try {
    return createPrivateKey(keyPem);
  } catch (error) {
    throw new KedgeError('CERTIFICATE', 'the private key cannot be read', { cause: error });
  }
}

/**
 * A pair from the DER that KubeEdge keeps in its secrets. The key's bytes are kept as they are: tokens are signed with them.
 * @throws KedgeError CERTIFICATE when the key is neither SEC1 nor PKCS#1
 */
export function keyPairFromDer(certDer: Uint8Array, keyDer: Uint8Array): KeyPair {
  const key = Buffer.from(keyDer);
  const readable = (type: 'sec1' | 'pkcs1'): boolean => {
    try {
      createPrivateKey({ key, format: 'der', type });
      return true;
    } catch {
      return false;
    }
  };
  const label = readable('sec1') ? 'EC PRIVATE KEY' : readable('pkcs1') ? 'RSA PRIVATE KEY' : undefined;
  if (label === undefined) throw new KedgeError('CERTIFICATE', 'the private key is neither SEC1 nor PKCS#1 DER');
  return { certPem: derToPem(certDer, 'CERTIFICATE'), keyPem: derToPem(key, label) };
}

/** True when both can be read and the key belongs to the certificate. */
export function isPair({ certPem, keyPem }: KeyPair): boolean {
  try {
    return new X509Certificate(certPem).checkPrivateKey(readPrivateKey(keyPem));
  } catch {
    return false;
  }
}

/** The DER of both, as KubeEdge's secrets hold them. */
export function keyPairToDer({ certPem, keyPem }: KeyPair): { certDer: Buffer; keyDer: Buffer } {
  return { certDer: pemToDer(certPem), keyDer: pemToDer(keyPem) };
}
