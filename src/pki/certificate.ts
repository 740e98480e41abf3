import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { KedgeError } from '../kernel/errors.ts';
import type { Der } from './der.ts';
import { bitsOf, decode, explicit, integer, parts, sequence, tagOf, time } from './der.ts';
import * as extension from './extensions.ts';
import type { KeyPair } from './key-pair.ts';
import { createKeyPem, publicKeyOf, readPrivateKey } from './key-pair.ts';
import type { Subject, SubjectAltNames } from './names.ts';
import { writeSubject } from './names.ts';
import { derToPem, pemToDer } from './pem.ts';
import type { CertificateProfile } from './profiles.ts';
import { algorithmOf, signed } from './signature.ts';

const DAY_MS = 86_400_000;
/**
 * A certificate is good on a machine whose clock is a little behind; even on this one OpenSSL's clock is, by some milliseconds. One that
 * lives for minutes gives a tenth of its life for that.
 */
const BACKDATED_MS = 60_000;
const X509_V3 = Buffer.from([2]);

interface Validity {
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/** A new self-signed CA. */
export function createCa(profile: CertificateProfile, { now = Date.now() }: Validity = {}): KeyPair {
  const keyPem = createKeyPem();
  const publicKey = publicKeyOf(keyPem);
  const subject = subjectOf(profile);
  const body = certificateBody({
    signer: readPrivateKey(keyPem),
    issuer: writeSubject(subject),
    subject: writeSubject(subject),
    publicKey,
    profile,
    now,
    days: profile.days,
    extensions: [extension.subjectKeyIdentifier(keyIdentifier(publicKey))],
  });
  return { certPem: derToPem(signed(body, readPrivateKey(keyPem)), 'CERTIFICATE'), keyPem };
}

export interface IssueRequest extends Validity {
  readonly ca: KeyPair;
  readonly profile: CertificateProfile;
  /** Instead of the profile's. */
  readonly subject?: Subject;
  readonly sans?: SubjectAltNames;
  readonly publicKey: KeyObject;
  /** Instead of the profile's. */
  readonly days?: number;
}

/** A certificate as PEM. Issuer and authority key are copied byte by byte from the CA, whoever made it. */
export function issueCertificate({ ca, profile, publicKey, sans, ...request }: IssueRequest): string {
  const signer = readPrivateKey(ca.keyPem);
  const issuer = issuerParts(ca.certPem);
  const named = sans !== undefined && sans.dnsNames.length + sans.ipAddresses.length > 0;
  const body = certificateBody({
    signer,
    issuer: issuer.subject,
    subject: writeSubject(request.subject ?? subjectOf(profile)),
    publicKey,
    profile,
    now: request.now ?? Date.now(),
    days: request.days ?? profile.days,
    extensions: [extension.authorityKeyIdentifier(issuer.keyIdentifier), ...(named ? [extension.subjectAltName(sans)] : [])],
  });
  return derToPem(signed(body, signer), 'CERTIFICATE');
}

/** A new key and its certificate. */
export function issueKeyPair(request: Omit<IssueRequest, 'publicKey'>): KeyPair {
  const keyPem = createKeyPem();
  return { certPem: issueCertificate({ ...request, publicKey: publicKeyOf(keyPem) }), keyPem };
}

interface Body {
  readonly signer: KeyObject;
  readonly issuer: Der;
  readonly subject: Der;
  readonly publicKey: KeyObject;
  readonly profile: CertificateProfile;
  readonly now: number;
  readonly days: number;
  readonly extensions: readonly Der[];
}

function certificateBody({ signer, issuer, subject, publicKey, profile, now, days, extensions }: Body): Der {
  const lifeMs = days * DAY_MS;
  const notBefore = now - Math.min(BACKDATED_MS, lifeMs / 10);
  const usages = [extension.keyUsage(profile.keyUsage), extension.extendedKeyUsage(profile.extendedKeyUsage)];
  return sequence([
    explicit(0, [integer(X509_V3)]),
    integer(serialOf(profile)),
    algorithmOf(signer),
    issuer,
    sequence([time(new Date(notBefore)), time(new Date(notBefore + lifeMs))]),
    subject,
    decode(publicKey.export({ format: 'der', type: 'spki' })),
    explicit(3, [sequence([...usages, ...(profile.ca === true ? [extension.certificateAuthority()] : []), ...extensions])]),
  ]);
}

/** Random 63 bits, as KubeEdge takes them, unless the profile has a fixed one. */
function serialOf(profile: CertificateProfile): Buffer {
  const serial = randomBytes(8);
  serial.writeUInt8(serial.readUInt8(0) & 0x7f, 0);
  if (profile.serial !== undefined) serial.writeBigUInt64BE(BigInt(profile.serial));
  return serial;
}

function subjectOf({ subject }: CertificateProfile): Subject {
  if (subject === undefined) throw new KedgeError('BUG', 'this certificate profile needs a subject');
  return subject;
}

/** SHA-1 of the public key's bits (RFC 5280 §4.2.1.2 method 1), as Go does it. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const spki = decode(publicKey.export({ format: 'der', type: 'spki' }));
  return createHash('sha1')
    .update(bitsOf(parts(spki)[1]))
    .digest();
}

function issuerParts(certPem: string): { subject: Der; keyIdentifier: Buffer } {
  const { subject, extensions } = certificateParts(pemToDer(certPem));
  return { subject, keyIdentifier: extension.readSubjectKeyIdentifier(extensions) ?? keyIdentifier(createPublicKey(certPem)) };
}

/** The parts of a certificate that node:crypto does not give in full. */
export function certificateParts(der: Uint8Array): { subject: Der; extensions: Der[] } {
  const fields = parts(parts(decode(der))[0]);
  const start = fields[0] !== undefined && tagOf(fields[0]) === 0 ? 1 : 0;
  const subject = fields[start + 4];
  if (subject === undefined) throw new KedgeError('CERTIFICATE', 'malformed certificate: it has no subject');
  const wrapped = fields.find((field) => tagOf(field) === 3);
  return { subject, extensions: wrapped === undefined ? [] : parts(parts(wrapped)[0]) };
}
