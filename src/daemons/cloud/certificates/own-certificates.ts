import { existsSync } from 'node:fs';
import { certificateInfo, isIssuedBy } from '../../../pki/certificate-info.ts';
import { createCa, issueKeyPair } from '../../../pki/certificate.ts';
import { readKeyPair, writeKeyPair } from '../../../pki/key-pair-file.ts';
import type { KeyPair } from '../../../pki/key-pair.ts';
import { altNamesOf } from '../../../pki/names.ts';
import type { CertificateProfile } from '../../../pki/profiles.ts';
import { PROFILES } from '../../../pki/profiles.ts';
import { KedgeError } from '../../../kernel/errors.ts';
import type { CloudPaths, PairPaths } from '../../../config/home.ts';

/** A certificate that ends sooner than this is made anew. */
const RENEW_BEFORE_MS = 30 * 86_400_000;

/**
 * Makes the CA if there is none. Half of one is never replaced: everything that it has issued would be worthless.
 * @throws KedgeError CERTIFICATE when the certificate or the key alone is missing
 */
export async function ensureCa(files: PairPaths, profile: CertificateProfile): Promise<{ pair: KeyPair; made: boolean }> {
  const present = await readKeyPair(files);
  if (present !== undefined) return { pair: present, made: false };
  const left = [files.cert, files.key].filter((path) => existsSync(path));
  if (left[0] !== undefined) {
    const lost = left[0] === files.cert ? files.key : files.cert;
    throw new KedgeError('CERTIFICATE', `${lost} is missing, and ${left[0]} is of no use without it`, {
      hint: 'restore it from a backup; only if nothing was ever issued with this CA, remove the other file and run the same command again',
    });
  }
  const pair = createCa(profile);
  await writeKeyPair(files, pair);
  return { pair, made: true };
}

interface Wanted {
  readonly ca: KeyPair;
  readonly profile: CertificateProfile;
  /** Every one of these must be in the certificate. */
  readonly hosts?: readonly string[];
  /** Makes it anew even if it would do. */
  readonly force?: boolean;
}

/** Makes a certificate unless the one that is there was issued by this CA, has the names, and lasts. @returns true when it was made */
export async function ensureCertificate(files: PairPaths, { ca, profile, hosts = [], force = false }: Wanted): Promise<boolean> {
  const present = await readKeyPair(files).catch(() => undefined);
  if (!force && present !== undefined && isGood(present, ca, hosts)) return false;
  await writeKeyPair(files, issueKeyPair({ ca, profile, sans: altNamesOf(hosts) }));
  return true;
}

/** True when the pair was issued by this CA, stands for all hosts and lasts for another month. */
export function isGood(pair: KeyPair, ca: KeyPair, hosts: readonly string[]): boolean {
  const { notAfter, dnsNames, ipAddresses } = certificateInfo(pair.certPem);
  const names = [...dnsNames, ...ipAddresses];
  const lasts = notAfter.getTime() - Date.now() > RENEW_BEFORE_MS;
  return lasts && isIssuedBy(pair.certPem, ca.certPem) && hosts.every((host) => names.includes(host));
}

/** The names in CloudHub's certificate. */
export function serverHosts(advertiseAddress: readonly string[]): string[] {
  return [...new Set([...advertiseAddress, '127.0.0.1', 'localhost'])];
}

/** The names in the certificate of the embedded Kubernetes API. @param address where it listens */
export function apiHosts(address: string): string[] {
  const own = ['0.0.0.0', '::'].includes(address) ? [] : [address];
  return [...new Set([...own, '127.0.0.1', 'localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'])];
}

/**
 * The certificates of the embedded Kubernetes API.
 * @param address where it listens
 * @returns true when one was made
 */
export async function ensureApiCertificates(paths: CloudPaths, address: string): Promise<boolean> {
  const { pair: ca, made } = await ensureCa(paths.kubernetesCa, PROFILES.kubernetesCa);
  const server = await ensureCertificate(paths.apiserver, { ca, profile: PROFILES.apiserver, hosts: apiHosts(address) });
  const admin = await ensureCertificate(paths.admin, { ca, profile: PROFILES.admin });
  return made || server || admin;
}
