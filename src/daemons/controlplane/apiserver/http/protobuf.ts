import { isObject, setOwn, type JsonObject } from '../schema/json.ts';
import {
  flag,
  integer,
  isWhole,
  map,
  METADATA,
  part,
  parts,
  text,
  texts,
  type Field,
  type FieldType,
  type Message,
} from './protobuf-fields.ts';
import { RIGHTS_MESSAGES } from './protobuf-rights.ts';
import { WORKLOAD_MESSAGES } from './protobuf-workloads.ts';

const KINDS: Readonly<Record<string, Message>> = {
  ...RIGHTS_MESSAGES,
  ...WORKLOAD_MESSAGES,
  'v1/ConfigMap': { 1: part('metadata', METADATA), 2: map('data'), 3: map('binaryData', 'bytes'), 4: flag('immutable') },
  'v1/Secret': { 1: part('metadata', METADATA), 2: map('data', 'bytes'), 3: text('type'), 4: map('stringData'), 5: flag('immutable') },
  'v1/Namespace': { 1: part('metadata', METADATA), 2: part('spec', { 1: texts('finalizers') }), 3: part('status', { 1: text('phase') }) },
  'v1/ServiceAccount': {
    1: part('metadata', METADATA),
    2: parts('secrets', { 3: text('name') }),
    3: parts('imagePullSecrets', { 1: text('name') }),
    4: flag('automountServiceAccountToken'),
  },
  'authentication.k8s.io/v1/TokenRequest': {
    1: part('metadata', METADATA),
    2: part('spec', {
      1: texts('audiences'),
      3: part('boundObjectRef', { 1: text('kind'), 2: text('apiVersion'), 3: text('name'), 4: text('uid') }),
      4: integer('expirationSeconds'),
    }),
  },
  // Without the times of conditions, which the server sets.
  'certificates.k8s.io/v1/CertificateSigningRequest': {
    1: part('metadata', METADATA),
    2: part('spec', {
      1: { name: 'request', type: 'bytes' },
      5: texts('usages'),
      7: text('signerName'),
      8: integer('expirationSeconds'),
    }),
    3: part('status', {
      1: parts('conditions', { 1: text('type'), 2: text('reason'), 3: text('message'), 6: text('status') }),
      2: { name: 'certificate', type: 'bytes' },
    }),
  },
  'v1/DeleteOptions': {
    1: integer('gracePeriodSeconds'),
    2: part('preconditions', { 1: text('uid'), 2: text('resourceVersion') }),
    4: text('propagationPolicy'),
    5: texts('dryRun'),
  },
};
const INT_OR_STRING: Message = { 1: integer('type'), 2: integer('number'), 3: text('text') };
const UNKNOWN: Message = { 1: part('type', { 1: text('apiVersion'), 2: text('kind') }), 2: { name: 'raw', type: 'bytes' } };

export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';
/** Before every Kubernetes object in protobuf. */
const MAGIC = Buffer.from('k8s\0');

/**
 * Reads an object in Kubernetes' protobuf encoding, for the few kinds that `kubectl create KIND` and `kubectl certificate` send so, and for
 * DeleteOptions; undefined for other kinds, and for objects with fields that are not listed. @throws RangeError when the bytes are malformed
 */
export function decodeProtobuf(bytes: Buffer): JsonObject | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new RangeError('the magic prefix is missing');
  const { type, raw } = readMessage(bytes.subarray(MAGIC.length), UNKNOWN);
  const { apiVersion, kind } = isObject(type) ? type : {};
  const message = KINDS[`${String(apiVersion)}/${String(kind)}`];
  if (message === undefined) return undefined;
  try {
    return { apiVersion, kind, ...readMessage(Buffer.from(textOf(raw), 'base64'), message) };
  } catch (error) {
    if (error instanceof UnlistedField) return undefined;
    throw error;
  }
}

/** A message holds more than is known of it. */
class UnlistedField extends Error {
  override readonly name = 'UnlistedField';
}

function readMessage(bytes: Buffer, message: Message): JsonObject {
  const object: JsonObject = {};
  const reader = new Reader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    const value = reader.value(tag & 7);
    const field = message[tag >>> 3];
    if (field !== undefined) addField(object, field, value);
    else if (isWhole(message) && (typeof value === 'number' ? value !== 0 : value.length > 0)) throw new UnlistedField();
  }
  return object;
}

function addField(object: JsonObject, { name, type, repeated, omitEmpty }: Field, value: Buffer | number): void {
  if (typeof type === 'object' && 'map' in type) {
    const { key, value: item } = readMessage(asBytes(value), { 1: text('key'), 2: { name: 'value', type: type.map } });
    const entries = isObject(object[name]) ? object[name] : {};
    setOwn(entries, textOf(key), textOf(item));
    object[name] = entries;
    return;
  }
  const read = typeof type === 'object' ? readMessage(asBytes(value), type.message) : readScalar(type, value);
  // Go writes empty strings for what was not set.
  if (repeated !== true) {
    if (read !== '' && !(omitEmpty === true && !read)) object[name] = read;
    return;
  }
  const present = object[name];
  if (Array.isArray(present)) present.push(read);
  else object[name] = [read];
}

function readScalar(type: Extract<FieldType, string>, value: Buffer | number): unknown {
  if (type === 'integer') return Number(value);
  if (type === 'boolean') return value !== 0;
  if (type === 'intOrString') {
    const { type: isText, number, text: string } = readMessage(asBytes(value), INT_OR_STRING);
    return isText === 1 ? textOf(string) : Number(number ?? 0);
  }
  return asBytes(value).toString(type === 'bytes' ? 'base64' : 'utf8');
}

/** A field that Go left out is empty. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function asBytes(value: Buffer | number): Buffer {
  if (typeof value === 'number') throw new RangeError('a field has the wrong wire type');
  return value;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw new RangeError('a number is too long');
  }

  /** Reads what follows a tag of this wire type. */
  value(wireType: number): Buffer | number {
    if (wireType === 0) return this.varint();
    const length = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? this.varint() : -1;
    if (length < 0 || this.#at + length > this.#bytes.length) throw new RangeError('a field is cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
