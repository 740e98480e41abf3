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
