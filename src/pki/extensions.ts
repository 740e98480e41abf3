import { KedgeError } from '../kernel/errors.ts';
import type { Der } from './der.ts';
import { bitString, boolean, bytesOf, decode, encode, implicit, objectId, objectIdOf, octetString, parts, sequence } from './der.ts';
import type { SubjectAltNames } from './names.ts';
import { readAltNames, writeAltNames } from './names.ts';

const ID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

const KEY_USAGE_BITS: Readonly<Record<string, number>> = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5 };
const EXTENDED_KEY_USAGES: Readonly<Record<string, string>> = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' };

const extension = (id: string, critical: boolean, value: Der): Der =>
  sequence([objectId(id), ...(critical ? [boolean(true)] : []), octetString(encode(value))]);

export function keyUsage(usages: readonly string[]): Der {
  const bits = usages.map((usage) => lookUp(KEY_USAGE_BITS, usage));
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return extension(ID.keyUsage, true, bitString(Buffer.from([byte]), 7 - Math.max(...bits)));
}

export function extendedKeyUsage(usages: readonly string[]): Der {
  return extension(ID.extendedKeyUsage, false, sequence(usages.map((usage) => objectId(lookUp(EXTENDED_KEY_USAGES, usage)))));
}

export const certificateAuthority = (): Der => extension(ID.basicConstraints, true, sequence([boolean(true)]));
export const subjectKeyIdentifier = (id: Uint8Array): Der => extension(ID.subjectKeyIdentifier, false, octetString(id));
export const authorityKeyIdentifier = (id: Uint8Array): Der => extension(ID.authorityKeyIdentifier, false, sequence([implicit(0, id)]));
export const subjectAltName = (names: SubjectAltNames): Der => extension(ID.subjectAltName, false, writeAltNames(names));

/** The names in a list of extensions; none when the extension is absent. */
export function readSubjectAltName(extensions: readonly Der[]): SubjectAltNames {
  const value = find(extensions, ID.subjectAltName);
  return value === undefined ? { dnsNames: [], ipAddresses: [] } : readAltNames(value);
}

/** The subject key identifier in a list of extensions. */
export function readSubjectKeyIdentifier(extensions: readonly Der[]): Buffer | undefined {
  const value = find(extensions, ID.subjectKeyIdentifier);
  return value === undefined ? undefined : bytesOf(value);
}

function find(extensions: readonly Der[], id: string): Der | undefined {
  const found = extensions.find((entry) => objectIdOf(parts(entry)[0]) === id);
  return found === undefined ? undefined : decode(bytesOf(parts(found).at(-1)));
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T {
  const value = table[name];
  if (value === undefined) throw new KedgeError('BUG', `unknown key usage ${name}`);
  return value;
}
