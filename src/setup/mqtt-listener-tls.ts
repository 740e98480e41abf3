import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { MqttListener } from '../config/broker-config.ts';
import type { EdgePaths, PairPaths } from '../config/home.ts';
import { ensureCa, ensureCertificate } from '../daemons/cloud/certificates/own-certificates.ts';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import { certificateInfo } from '../pki/certificate-info.ts';
import { readKeyPair } from '../pki/key-pair-file.ts';
import { PROFILES } from '../pki/profiles.ts';
import { defaultAdvertiseAddresses } from './advertise.ts';

/** The files of a TLS listener, as a person names them. */
export interface ListenerFiles {
  /** Absent, as `key`: kedge makes them. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly clientCa?: string | undefined;
}

/** What the configuration says of them. @throws KedgeError USAGE */
export function listenerTls({ dir, mqtt }: EdgePaths, { cert, key, clientCa }: ListenerFiles): NonNullable<MqttListener['tls']> {
  if ((cert === undefined) !== (key === undefined)) throw new KedgeError('USAGE', '--cert and --key belong together');
  const pair: PairPaths =
    cert === undefined || key === undefined
      ? { cert: relative(dir, mqtt.cert), key: relative(dir, mqtt.key) }
      : { cert: resolve(cert), key: resolve(key) };
  return { ...pair, ...(clientCa !== undefined && { clientCa: resolve(clientCa) }) };
}

/** Makes sure that the files that a person named can be used. @throws KedgeError CERTIFICATE */
export async function checkListenerFiles({ cert, key, clientCa }: ListenerFiles): Promise<void> {
  try {
    const [certPem, keyPem, caPem] = await Promise.all([cert, key, clientCa].map(readGiven));
    createSecureContext({ ...(certPem !== undefined && { cert: certPem }), ...(keyPem !== undefined && { key: keyPem }) });
    if (caPem !== undefined) certificateInfo(caPem);
  } catch (error) {
    throw new KedgeError('CERTIFICATE', `the MQTT broker cannot use these files: ${messageOf(error)}`, {
      hint: '--cert and --key name a certificate and its key, --client-ca a certificate, all of them PEM',
      cause: error,
    });
  }
}

async function readGiven(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : readFile(path, 'utf8');
}

/**
 * Makes the CA and the certificate of the listeners unless those that are there will do. A name that is in the certificate stays.
 * @param hosts names that it must have, next to this machine's addresses
 * @returns true when one was made
 * @throws KedgeError CERTIFICATE, INVALID_INPUT
 */
export async function makeListenerCertificate({ mqttCa, mqtt }: EdgePaths, hosts: readonly string[]): Promise<boolean> {
  const { pair: ca, made } = await ensureCa(mqttCa, PROFILES.mqttCa);
  const all = [...(await presentNames(mqtt)), ...hosts, ...defaultAdvertiseAddresses(), '127.0.0.1', 'localhost'];
  const named = [...new Set(all)].filter((host) => !['0.0.0.0', '::'].includes(host));
  return (await ensureCertificate(mqtt, { ca, profile: PROFILES.mqttServer, hosts: named })) || made;
}

async function presentNames(files: PairPaths): Promise<string[]> {
  const pair = await readKeyPair(files).catch(() => undefined);
  if (pair === undefined) return [];
  const { dnsNames, ipAddresses } = certificateInfo(pair.certPem);
  return [...dnsNames, ...ipAddresses];
}
