import { existsSync, readFileSync } from 'node:fs';
import type { HomePaths } from '../config/home.ts';
import { systemCode } from '../kernel/errors.ts';
import { X509Certificate } from 'node:crypto';
import { daysLeft, lifetimeState } from '../pki/lifetime.ts';
import type { LifetimeState } from '../pki/lifetime.ts';

/** One certificate of a home, as its file says. */
export interface CertificateRow {
  readonly role: 'cloud' | 'edge';
  /** What `kedge cert renew` calls it; `mqtt` is made anew by `kedge mqtt listen add`. */
  readonly name: string;
  readonly path: string;
  readonly state: LifetimeState | 'missing' | 'unreadable';
  /** This and the rest are absent where there is nothing to read. */
  readonly subject?: string;
  /** The DNS names and IP addresses that it stands for. */
  readonly names?: readonly string[];
  /** RFC 3339. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** Whole days, rounded down; negative once it has expired. */
  readonly daysLeft?: number;
}

type File = Pick<CertificateRow, 'role' | 'name' | 'path'>;

/**
 * The certificates of a home, read from their files: no daemon is needed. A side that this home does not have is left out, and so is
 * the embedded Kubernetes API where the cloud works on a real cluster, and the MQTT listener where kedge made no certificate for one.
 * @param now milliseconds since the epoch
 */
export function listCertificates({ cloud, edge }: HomePaths, now = Date.now()): CertificateRow[] {
  const own = [file('cloud', 'ca', cloud.ca.cert), file('cloud', 'server', cloud.server.cert)];
  const api = [
    file('cloud', 'kubernetes-ca', cloud.kubernetesCa.cert),
    file('cloud', 'apiserver', cloud.apiserver.cert),
    file('cloud', 'admin', cloud.admin.cert),
  ];
  const edgeFiles = [file('edge', 'ca', edge.caCert), file('edge', 'edge', edge.server.cert)];
  const mqtt = [file('edge', 'mqtt-ca', edge.mqttCa.cert), file('edge', 'mqtt', edge.mqtt.cert)];
  return [
    [...own, ...present(api)],
    [...edgeFiles, ...present(mqtt)],
  ]
    .flatMap((side) => present(side))
    .map((one) => readRow(one, now));
}

function file(role: File['role'], name: string, path: string): File {
  return { role, name, path };
}

/** All of them as soon as there is one. */
function present(files: readonly File[]): readonly File[] {
  return files.some(({ path }) => existsSync(path)) ? files : [];
}

function readRow(one: File, now: number): CertificateRow {
  try {
    const certificate = new X509Certificate(readFileSync(one.path));
    const validity = { notBefore: new Date(certificate.validFrom), notAfter: new Date(certificate.validTo) };
    return {
      ...one,
      state: lifetimeState(validity, now),
      subject: certificate.subject.split('\n').join(', '),
      names: altNames(certificate.subjectAltName ?? ''),
      notBefore: validity.notBefore.toISOString(),
      notAfter: validity.notAfter.toISOString(),
      daysLeft: daysLeft(validity, now),
    };
  } catch (error) {
    return { ...one, state: systemCode(error) === 'ENOENT' ? 'missing' : 'unreadable' };
  }
}

/** `DNS:a, IP Address:1.2.3.4` as node:crypto writes it. */
function altNames(text: string): string[] {
  return text
    .split(', ')
    .filter((entry) => entry !== '')
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ''));
}
