import type { asn1 as forge } from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';
import { KedgeError, messageOf } from '../kernel/errors.ts';

/** A DER value. node-forge keeps bytes as binary strings; nothing outside this file sees that. */
export type Der = forge.Asn1;

const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class;
const { Type } = asn1;
const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const primitive = (type: forge.Type, bytes: Uint8Array): Der => asn1.create(UNIVERSAL, type, false, binary(bytes));

export const sequence = (items: readonly Der[]): Der => asn1.create(UNIVERSAL, Type.SEQUENCE, true, [...items]);
export const set = (items: readonly Der[]): Der => asn1.create(UNIVERSAL, Type.SET, true, [...items]);
export const nil = (): Der => primitive(Type.NULL, Buffer.alloc(0));
export const boolean = (value: boolean): Der => primitive(Type.BOOLEAN, Buffer.from([value ? 0xff : 0]));
export const octetString = (bytes: Uint8Array): Der => primitive(Type.OCTETSTRING, bytes);
export const objectId = (dotted: string): Der => asn1.create(UNIVERSAL, Type.OID, false, asn1.oidToDer(dotted).getBytes());

/** A positive INTEGER from its big-endian bytes. */
export function integer(bytes: Uint8Array): Der {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Buffer.from([0]) : Buffer.from(bytes.subarray(first));
  const negative = (digits[0] ?? 0) >= 0x80;
  return primitive(Type.INTEGER, negative ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

/** A BIT STRING; `unused` bits at its end do not count. */
export const bitString = (bytes: Uint8Array, unused = 0): Der => primitive(Type.BITSTRING, Buffer.concat([Buffer.from([unused]), bytes]));

/** Text as Go writes it: PrintableString where its alphabet suffices, else UTF8String. */
export function text(value: string): Der {
  const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value);
  return primitive(printable ? Type.PRINTABLESTRING : Type.UTF8, Buffer.from(value, 'utf8'));
}

/** A point in time, to the second: UTCTime before 2050, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
export function time(date: Date): Der {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050
    ? primitive(Type.UTCTIME, Buffer.from(digits.slice(2)))
    : primitive(Type.GENERALIZEDTIME, Buffer.from(digits));
}

/** `[tag]` around other values. */
export const explicit = (tag: number, items: readonly Der[]): Der => asn1.create(CONTEXT_SPECIFIC, tag, true, [...items]);
/** `[tag]` in place of a primitive's own tag. */
export const implicit = (tag: number, bytes: Uint8Array): Der => asn1.create(CONTEXT_SPECIFIC, tag, false, binary(bytes));

export function encode(value: Der): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), 'latin1');
}

/** @throws KedgeError CERTIFICATE when the bytes are not one whole DER value */
export function decode(bytes: Uint8Array): Der {
  try {
    return asn1.fromDer(binary(bytes), { strict: true, parseAllBytes: true, decodeBitStrings: false });
  } catch (error) {
    throw malformed(messageOf(error));
  }
}

/** The parts of a SEQUENCE, a SET or an explicit tag. */
export function parts(value: Der | undefined): Der[] {
  const list = isUniversal(value, Type.SEQUENCE) || isUniversal(value, Type.SET) || value?.tagClass === CONTEXT_SPECIFIC;
  if (!list || !Array.isArray(value?.value)) throw malformed('a list is missing');
  return value.value;
}

/** The bytes of a primitive value. */
export function bytesOf(value: Der | undefined): Buffer {
  if (value === undefined || typeof value.value !== 'string') throw malformed('a value is missing');
  return Buffer.from(value.value, 'latin1');
}

/** The bytes of a BIT STRING of whole octets. */
export function bitsOf(value: Der | undefined): Buffer {
  const bytes = bytesOf(value);
  if (!isUniversal(value, Type.BITSTRING) || bytes[0] !== 0) throw malformed('a bit string is not made of whole octets');
  return bytes.subarray(1);
}

/** The dotted form of an OBJECT IDENTIFIER. */
export function objectIdOf(value: Der | undefined): string {
  if (!isUniversal(value, Type.OID)) throw malformed('an object identifier is missing');
  return asn1.derToOid(bytesOf(value).toString('latin1'));
}

/** The context tag `[n]` of a value; undefined for any other. */
export function tagOf(value: Der): number | undefined {
  return value.tagClass === CONTEXT_SPECIFIC ? value.type : undefined;
}

const isUniversal = (value: Der | undefined, type: forge.Type): boolean => value?.tagClass === UNIVERSAL && value.type === type;

/** What every reader in pki/ throws for bytes that are not what they should be. */
export function malformed(reason: string): KedgeError {
  return new KedgeError('CERTIFICATE', `malformed DER: ${reason}`);
}
