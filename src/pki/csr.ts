import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { Der } from './der.ts';
import { bitsOf, decode, encode, explicit, integer, objectId, objectIdOf, parts, sequence, set, tagOf } from './der.ts';
import { readSubjectAltName, subjectAltName } from './extensions.ts';
import { publicKeyOf, readPrivateKey } from './key-pair.ts';
import type { Subject, SubjectAltNames } from './names.ts';
import { readSubject, writeSubject } from './names.ts';
import { signed, verifySignature } from './signature.ts';

/** Larger requests are refused unread. */
export const MAX_CSR_BYTES = 16 * 1024;

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const CURVES = ['prime256v1', 'secp384r1'];
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;

/** A PKCS#10 certificate signing request as DER. */
export function createCsr({ keyPem, subject, sans }: { keyPem: string; subject: Subject; sans?: SubjectAltNames }): Buffer {
  const attributes = sans === undefined ? [] : [sequence([objectId(EXTENSION_REQUEST), set([sequence([subjectAltName(sans)])])])];
  const body = sequence([
    integer(Buffer.from([0])),
    writeSubject(subject),
    decode(publicKeyOf(keyPem).export({ format: 'der', type: 'spki' })),
    explicit(0, attributes),
  ]);
  return signed(body, readPrivateKey(keyPem));
}

export interface ParsedCsr extends Subject, SubjectAltNames {
  readonly publicKey: KeyObject;
  readonly publicKeySpki: Buffer;
}

/**
 * Reads a PKCS#10 request of at most 16 KiB for an EC P-256/P-384 or RSA key of 2048 to 8192 bits, and checks that
 * whoever sent it has the private key.
 * @throws KedgeError CERTIFICATE for anything else
 */
export function parseCsr(der: Uint8Array): ParsedCsr {
  if (der.length === 0) throw refused('it is empty');
  if (der.length > MAX_CSR_BYTES) throw refused(`it is larger than ${MAX_CSR_BYTES} bytes`);
  try {
    return readCsr(der);
  } catch (error) {
    throw refused(messageOf(error), error);
  }
}

function readCsr(der: Uint8Array): ParsedCsr {
  const [body, algorithm, signature] = parts(decode(der));
  const [, subject, spki] = parts(body);
  if (body === undefined || spki === undefined) throw refused('it has no public key');
  const publicKeySpki = encode(spki);
  const publicKey = readPublicKey(publicKeySpki);
  if (!verifySignature(encode(body), algorithm, publicKey, bitsOf(signature))) throw refused('its signature does not fit its key');
  return { ...readSubject(subject), ...readSubjectAltName(requestedExtensions(body)), publicKey, publicKeySpki };
}

function readPublicKey(spki: Buffer): KeyObject {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const strong = CURVES.includes(namedCurve) || (modulusLength >= MIN_RSA_BITS && modulusLength <= MAX_RSA_BITS);
  if (!strong || !['ec', 'rsa'].includes(key.asymmetricKeyType ?? '')) {
    throw refused('its key must be EC P-256, EC P-384 or RSA of at least 2048 bits');
  }
  return key;
}

function requestedExtensions(body: Der): Der[] {
  const attributes = parts(body).find((field) => tagOf(field) === 0);
  const wanted = parts(attributes ?? set([])).find((attribute) => objectIdOf(parts(attribute)[0]) === EXTENSION_REQUEST);
  return wanted === undefined ? [] : parts(parts(parts(wanted)[1])[0]);
}

function refused(reason: string, cause?: unknown): KedgeError {
  if (cause instanceof KedgeError && cause.message.startsWith(PREFIX)) return cause;
  return new KedgeError('CERTIFICATE', `${PREFIX}${reason}`, { cause });
}

const PREFIX = 'the certificate request cannot be used: ';
