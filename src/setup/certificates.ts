import { existsSync } from 'node:fs';
import { adminRequest, notInstalled } from '../client/admin-client.ts';
import { loadEdgeConfig } from '../config/edge-config.ts';
import { homePaths } from '../config/home.ts';
import { CloudCertificates } from '../daemons/cloud/certificates/cloud-certificates.ts';
import { Rotation } from '../daemons/edge/edgehub/rotation.ts';
import { systemClock } from '../kernel/clock.ts';
import type { AddedNames, OwnCertificateName, RenewedCertificate } from '../protocol/admin.ts';
import { DaemonProcess } from './daemon-process.ts';
import type { Role } from './daemon-process.ts';

/** A side of the home, or one certificate of its cloud. */
export const RENEWABLE = ['cloud', 'edge', 'server', 'apiserver', 'admin'] as const;
export type Renewable = (typeof RENEWABLE)[number];

/**
 * Renews certificates now, each with a new key: through the daemon where it runs, which goes over to them without ending a session.
 * @param what absent: all that this home has, CAs apart
 * @throws KedgeError NOT_INSTALLED, CERTIFICATE; for the edge AUTH and UNREACHABLE as well
 */
export async function renewCertificates(home: string, what?: Renewable): Promise<RenewedCertificate[]> {
  if (what === 'edge') return [await renewEdge(home)];
  if (what === 'cloud') return renewCloud(home);
  if (what !== undefined) return renewCloud(home, [what]);
  const sides = (['cloud', 'edge'] as const).filter((role) => existsSync(homePaths(home)[role].config));
  if (sides.length === 0) throw notInstalled(home, 'cloud or edge');
  const renewed: RenewedCertificate[] = [];
  for (const side of sides) renewed.push(...(await renewCertificates(home, side)));
  return renewed;
}

/**
 * Makes the cloud known under more names, in its certificate and its configuration.
 * @throws KedgeError NOT_INSTALLED, INVALID_INPUT when one is neither an IP address nor a host name
 */
export async function addNames(home: string, hosts: readonly string[]): Promise<AddedNames> {
  const { socket } = homePaths(home).cloud;
  if (isRunning(home, 'cloud')) return adminRequest(socket, 'POST', '/certificates/names', { hosts });
  return new CloudCertificates(homePaths(home).cloud, systemClock).addNames(hosts);
}

async function renewCloud(home: string, names?: readonly OwnCertificateName[]): Promise<RenewedCertificate[]> {
  const { cloud } = homePaths(home);
  if (isRunning(home, 'cloud')) return adminRequest(cloud.socket, 'POST', '/certificates/renew', names === undefined ? {} : { names });
  const certificates = new CloudCertificates(cloud, systemClock);
  const renewed: RenewedCertificate[] = [];
  for (const name of names ?? certificates.names) renewed.push(await certificates.renew(name));
  return renewed;
}

async function renewEdge(home: string): Promise<RenewedCertificate> {
  const { edge } = homePaths(home);
  if (isRunning(home, 'edge')) return adminRequest(edge.socket, 'POST', '/certificates/renew');
  const { nodeName, edgeHub } = loadEdgeConfig(edge.config);
  const rotation = new Rotation(
    { ...edgeHub, nodeName, credentials: { ca: edge.caCert, ...edge.server } },
    { clock: systemClock, random: Math.random, onRenewed: () => undefined },
  );
  const { notAfter } = await rotation.renew();
  return { role: 'edge', name: 'edge', notAfter: notAfter.toISOString() };
}

/** @throws KedgeError NOT_INSTALLED */
function isRunning(home: string, role: Role): boolean {
  const daemon = new DaemonProcess(role, home);
  if (!existsSync(daemon.paths.config)) throw notInstalled(daemon.home, role);
  return daemon.pid !== undefined;
}
