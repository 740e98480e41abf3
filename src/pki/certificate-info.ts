import { createHash, X509Certificate } from 'node:crypto';
import { KedgeError } from '../kernel/errors.ts';
import { certificateParts } from './certificate.ts';
import { readSubjectAltName } from './extensions.ts';
import type { Subject, SubjectAltNames } from './names.ts';
import { readSubject } from './names.ts';

export interface CertificateInfo extends Subject, SubjectAltNames {
  /** Lower-case hex, without leading zeros. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the public key (SubjectPublicKeyInfo), hex. */
  readonly spkiSha256: string;
}

/**
 * What a certificate says.
 * @throws KedgeError CERTIFICATE when it cannot be read
 */
export function certificateInfo(certificate: string | Uint8Array): CertificateInfo {
  const x509 = readCertificate(certificate);
  const { subject, extensions } = certificateParts(x509.raw);
  return {
    ...readSubject(subject),
    ...readSubjectAltName(extensions),
    serial: normalSerial(x509.serialNumber),
    notBefore: new Date(x509.validFrom),
    notAfter: new Date(x509.validTo),
    spkiSha256: spkiSha256(x509.publicKey.export({ format: 'der', type: 'spki' })),
  };
}

/** A serial number in the form in which kedge compares them. */
export function normalSerial(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, '');
}

/** True when `ca` signed the certificate and both name each other. Says nothing about time or usage. */
export function isIssuedBy(certificate: string | Uint8Array, ca: string | Uint8Array): boolean {
  const [child, parent] = [readCertificate(certificate), readCertificate(ca)];
  return child.checkIssued(parent) && child.verify(parent.publicKey);
}

/** True when the certificate may be used as `usage`. */
export function hasUsage(certificate: Uint8Array, usage: 'clientAuth' | 'serverAuth'): boolean {
  const oid = usage === 'clientAuth' ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1';
  // node:crypto's `keyUsage` is the *extended* key usage.
  return (readCertificate(certificate).keyUsage as string[] | undefined)?.includes(oid) === true;
}

/** SHA-256 of a SubjectPublicKeyInfo, hex. */
export function spkiSha256(spki: Uint8Array): string {
  return createHash('sha256').update(spki).digest('hex');
}

function readCertificate(certificate: string | Uint8Array): X509Certificate {
  try {
    return new X509Certificate(certificate);
  } catch (error) {
    throw new KedgeError('CERTIFICATE', 'the certificate cannot be read', { cause: error });
  }
}
