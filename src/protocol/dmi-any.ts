import type { DmiAny } from './dmi.ts';

const PREFIX = 'type.googleapis.com/google.protobuf.';
/** Protobuf's tags of field 1, by wire type: a varint, four bytes, or a length and as many bytes. */
const [VARINT, FIXED32, BYTES] = [0x08, 0x0d, 0x0a];

/**
 * A value of a `configData` as mappers expect it: a string, a truth value, or a number, which is a FloatValue whatever it is (KubeEdge reference, DMI).
 * Undefined for what has no such form: lists, objects and null.
 */
export function packAny(value: unknown): DmiAny | undefined {
  switch (typeof value) {
    case 'string':
      return { type_url: `${PREFIX}StringValue`, value: packString(value) };
    case 'boolean':
      return { type_url: `${PREFIX}BoolValue`, value: Uint8Array.from(value ? [VARINT, 1] : []) };
    case 'number':
      return { type_url: `${PREFIX}FloatValue`, value: packFloat(value) };
    default:
      return undefined;
  }
}

function packString(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  if (bytes.length === 0) return bytes;
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  return Buffer.concat([Uint8Array.from([BYTES, ...length]), bytes]);
}

function packFloat(value: number): Uint8Array {
  if (Object.is(value, 0)) return new Uint8Array();
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(FIXED32);
  bytes.writeFloatLE(value, 1);
  return bytes;
}

/**
 * The value that was packed; undefined for what is no wrapper of a string, truth value or number. A 32-bit floating-point number becomes the shortest
 * decimal that it can have been made from: 0.1 is 0.1 again.
 * @throws RangeError when the bytes are no such value
 */
export function unpackAny({ type_url: url, value }: DmiAny): string | boolean | number | undefined {
  const bytes = Buffer.from(value);
  if (!url.startsWith(PREFIX)) return undefined;
  switch (url.slice(PREFIX.length)) {
    case 'StringValue':
      return bytes.length === 0 ? '' : unpackString(bytes);
    case 'BoolValue':
      return bytes.length > 0 && unpackVarint(bytes.subarray(1)).value !== 0n;
    case 'FloatValue':
      return bytes.length === 0 ? 0 : shortestFloat(bytes.readFloatLE(1));
    case 'DoubleValue':
      return bytes.length === 0 ? 0 : bytes.readDoubleLE(1);
    case 'Int32Value':
    case 'Int64Value':
    case 'UInt32Value':
    case 'UInt64Value':
      return bytes.length === 0 ? 0 : Number(BigInt.asIntN(64, unpackVarint(bytes.subarray(1)).value));
    default:
      return undefined;
  }
}

/** The decimal with the fewest digits that is this 32-bit floating-point number. */
export function shortestFloat(value: number): number {
  for (let digits = 6; digits <= 9; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
}

function unpackString(bytes: Buffer): string {
  const { value: length, size } = unpackVarint(bytes.subarray(1));
  return bytes.subarray(1 + size, 1 + size + Number(length)).toString('utf8');
}

/** @returns the number, and how many bytes it took */
function unpackVarint(bytes: Buffer): { value: bigint; size: number } {
  let value = 0n;
  for (let size = 0; size < Math.min(bytes.length, 10); size += 1) {
    const byte = bytes.readUInt8(size);
    value |= BigInt(byte & 0x7f) << BigInt(7 * size);
    if (byte < 0x80) return { value, size: size + 1 };
  }
  throw new RangeError('a number of protobuf does not end');
}
