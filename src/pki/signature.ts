import { sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Der } from './der.ts';
import { bitString, encode, malformed, nil, objectId, objectIdOf, parts, sequence } from './der.ts';

const ALGORITHMS: readonly { readonly id: string; readonly hash: string; readonly keyType: 'ec' | 'rsa' }[] = [
  { id: '1.2.840.10045.4.3.2', hash: 'sha256', keyType: 'ec' },
  { id: '1.2.840.10045.4.3.3', hash: 'sha384', keyType: 'ec' },
  { id: '1.2.840.10045.4.3.4', hash: 'sha512', keyType: 'ec' },
  { id: '1.2.840.113549.1.1.11', hash: 'sha256', keyType: 'rsa' },
  { id: '1.2.840.113549.1.1.12', hash: 'sha384', keyType: 'rsa' },
  { id: '1.2.840.113549.1.1.13', hash: 'sha512', keyType: 'rsa' },
];

/** The algorithm that a key signs with: SHA-256, or SHA-384 for EC P-384. */
export function algorithmOf(key: KeyObject): Der {
  const id = algorithm(key).id;
  return sequence(key.asymmetricKeyType === 'rsa' ? [objectId(id), nil()] : [objectId(id)]);
}

/** What X.509 and PKCS#10 share: a body, how it is signed, and its signature. */
export function signed(body: Der, key: KeyObject): Buffer {
  return encode(sequence([body, algorithmOf(key), bitString(sign(algorithm(key).hash, encode(body), key))]));
}

/** @throws KedgeError CERTIFICATE when the algorithm is not one of ours or is not the key's */
export function verifySignature(body: Uint8Array, algorithmId: Der | undefined, key: KeyObject, signature: Uint8Array): boolean {
  const id = objectIdOf(parts(algorithmId)[0]);
  const found = ALGORITHMS.find((entry) => entry.id === id);
  if (found === undefined || found.keyType !== key.asymmetricKeyType)
    throw malformed(`signature algorithm ${id} is not supported for this key`);
  return verify(found.hash, body, key, signature);
}

function algorithm(key: KeyObject): (typeof ALGORITHMS)[number] {
  const hash = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256';
  const found = ALGORITHMS.find((entry) => entry.hash === hash && entry.keyType === key.asymmetricKeyType);
  if (found === undefined) throw malformed(`keys of type ${key.asymmetricKeyType ?? 'unknown'} are not supported`);
  return found;
}
