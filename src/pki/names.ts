import { isIP } from 'node:net';
import { KedgeError } from '../kernel/errors.ts';
import type { Der } from './der.ts';
import { bytesOf, implicit, malformed, objectId, objectIdOf, parts, sequence, set, tagOf, text } from './der.ts';

/** The two parts of a subject that Kubernetes reads: the user and its groups. */
export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** Who a certificate is good for. IP addresses as text. */
export interface SubjectAltNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** O before CN, each in a set of its own, as Go writes them. */
export function writeSubject({ commonName, organizations }: Subject): Der {
  const attribute = (type: string, value: string): Der => set([sequence([objectId(type), text(value)])]);
  return sequence([...organizations.map((name) => attribute(ORGANIZATION, name)), attribute(COMMON_NAME, commonName)]);
}

/** Keeps CN and O; everything else in the name is passed over. */
export function readSubject(name: Der | undefined): Subject {
  const attributes = parts(name)
    .flatMap(parts)
    .map((attribute) => {
      const [type, value] = parts(attribute);
      return { type: objectIdOf(type), value: bytesOf(value).toString('utf8') };
    });
  const valuesOf = (wanted: string): string[] => attributes.filter(({ type }) => type === wanted).map(({ value }) => value);
  return { commonName: valuesOf(COMMON_NAME).at(-1) ?? '', organizations: valuesOf(ORGANIZATION) };
}

export function writeAltNames({ dnsNames, ipAddresses }: SubjectAltNames): Der {
  return sequence([
    ...dnsNames.map((name) => implicit(DNS_NAME, Buffer.from(name, 'latin1'))),
    ...ipAddresses.map((address) => implicit(IP_ADDRESS, ipToBytes(address))),
  ]);
}

/** Keeps DNS names and IP addresses; other kinds are passed over. */
export function readAltNames(names: Der): SubjectAltNames {
  const ofTag = (tag: number): Buffer[] =>
    parts(names)
      .filter((name) => tagOf(name) === tag)
      .map(bytesOf);
  return { dnsNames: ofTag(DNS_NAME).map((bytes) => bytes.toString('latin1')), ipAddresses: ofTag(IP_ADDRESS).map(bytesToIp) };
}

/** Sorts what a person wrote into IP addresses and DNS names. */
export function altNamesOf(hosts: readonly string[]): SubjectAltNames {
  const unique = [...new Set(hosts)];
  return { dnsNames: unique.filter((host) => isIP(host) === 0), ipAddresses: unique.filter((host) => isIP(host) !== 0) };
}

function ipToBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  if (isIP(address) !== 6) throw new KedgeError('INVALID_INPUT', `${address} is not an IP address`);
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (half: string): string[] => half.split(':').filter((group) => group !== '');
  const [left, right] = [groups(head), groups(tail ?? '')];
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function bytesToIp(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw malformed('an IP address is neither 4 nor 16 bytes');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
