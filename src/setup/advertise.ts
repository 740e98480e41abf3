import { isIPv4 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { HOST_NAME, normalHost } from '../protocol/host-port.ts';

/** The names under which this machine may be reached: its IPv4 addresses and its host name, or 127.0.0.1. */
export function defaultAdvertiseAddresses(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal, address }) => !internal && isIPv4(address))
    .map(({ address }) => address);
  const name = hostname().toLowerCase();
  const names = HOST_NAME.test(name) && name !== 'localhost' ? [name] : [];
  const all = [...new Set([...addresses, ...names])];
  return all.length === 0 ? ['127.0.0.1'] : all;
}

/**
 * What a person gave as `--advertise-address`, several separated by commas: each in the one form in which certificates hold it.
 * @throws KedgeError INVALID_INPUT
 */
export function readAdvertiseAddresses(given: readonly string[]): string[] {
  const all = given.flatMap((text) => text.split(',')).map((text) => text.trim());
  return [...new Set(all.filter((text) => text !== '').map(normalHost))];
}
