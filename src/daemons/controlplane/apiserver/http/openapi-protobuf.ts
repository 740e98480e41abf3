import { isObject, type JsonObject } from '../schema/json.ts';

/**
 * What kubectl asks /openapi/v2 for, and nothing else: it reads the definitions from there to check lists and objects that the server
 * cannot check for it.
 */
export const OPENAPI_PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

/** Writes the value of a field, undefined for one that is not to be written. */
type Writer = (number: number, value: unknown) => Uint8Array | undefined;

const LENGTH_DELIMITED = 2;
const FIXED64 = 1;
const VARINT = 0;

const text: Writer = (number, value) => (typeof value === 'string' ? delimited(number, Buffer.from(value)) : undefined);
const flag: Writer = (number, value) => (value === true ? tagged(number, VARINT, varint(1)) : undefined);
const integer: Writer = (number, value) => (typeof value === 'number' ? tagged(number, VARINT, varint(value)) : undefined);
const double: Writer = (number, value) => {
  if (typeof value !== 'number') return undefined;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return tagged(number, FIXED64, bytes);
};
/** gnostic's Any: the value as YAML, which JSON is. */
const any: Writer = (number, value) => (value === undefined ? undefined : delimited(number, yaml(value)));
const list =
  (one: Writer): Writer =>
  (number, value) =>
    Array.isArray(value) ? concat(value.map((item) => one(number, item))) : undefined;
const schema: Writer = (number, value) => (isObject(value) ? delimited(number, schemaBytes(value)) : undefined);
const named: Writer = (number, value) => (isObject(value) ? delimited(number, namedSchemas(value)) : undefined);
/** TypeItem and ItemsItem: one or more of them in a message of their own. */
const wrapped =
  (one: Writer): Writer =>
  (number, value) => {
    const inner = concat((Array.isArray(value) ? value : [value]).map((item) => one(1, item)));
    return value === undefined ? undefined : delimited(number, inner);
  };
/** AdditionalPropertiesItem: a schema or a boolean. */
const additional: Writer = (number, value) => {
  const inner = typeof value === 'boolean' ? tagged(2, VARINT, varint(value ? 1 : 0)) : schema(1, value);
  return inner === undefined ? undefined : delimited(number, inner);
};

// Numbers from gnostic's OpenAPIv2.proto, message Schema.
const SCHEMA_FIELDS: Readonly<Record<string, readonly [number, Writer]>> = {
  $ref: [1, text],
  format: [2, text],
  title: [3, text],
  description: [4, text],
  default: [5, any],
  multipleOf: [6, double],
  maximum: [7, double],
  exclusiveMaximum: [8, flag],
  minimum: [9, double],
  exclusiveMinimum: [10, flag],
  maxLength: [11, integer],
  minLength: [12, integer],
  pattern: [13, text],
  maxItems: [14, integer],
  minItems: [15, integer],
  uniqueItems: [16, flag],
  maxProperties: [17, integer],
  minProperties: [18, integer],
  required: [19, list(text)],
  enum: [20, list(any)],
  additionalProperties: [21, additional],
  type: [22, wrapped(text)],
  items: [23, wrapped(schema)],
  allOf: [24, list(schema)],
  properties: [25, named],
};
const VENDOR_EXTENSION = 31;

/** The document of /openapi/v2 as gnostic's protobuf, without the paths. */
export function encodeOpenApiV2({ swagger, info, definitions }: JsonObject): Uint8Array {
  const { title, version } = isObject(info) ? info : {};
  const about = concat([text(1, title), text(2, version)]);
  return concat([text(1, swagger), delimited(2, about), delimited(8, new Uint8Array()), named(9, definitions)]);
}

function schemaBytes(node: JsonObject): Uint8Array {
  return concat(
    Object.entries(node).map(([key, value]) => {
      if (key.startsWith('x-')) return delimited(VENDOR_EXTENSION, concat([text(1, key), delimited(2, yaml(value))]));
      const field = Object.hasOwn(SCHEMA_FIELDS, key) ? SCHEMA_FIELDS[key] : undefined;
      return field?.[1](field[0], value);
    }),
  );
}

/** Definitions and Properties: schemas with names. */
function namedSchemas(schemas: JsonObject): Uint8Array {
  return concat(Object.entries(schemas).map(([name, node]) => delimited(1, concat([text(1, name), schema(2, node)]))));
}

function yaml(value: unknown): Uint8Array {
  return delimited(2, Buffer.from(`${JSON.stringify(value)}\n`));
}

function delimited(number: number, bytes: Uint8Array): Uint8Array {
  return tagged(number, LENGTH_DELIMITED, concat([varint(bytes.length), bytes]));
}

function tagged(number: number, wireType: number, bytes: Uint8Array): Uint8Array {
  return concat([varint(number * 8 + wireType), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  while (left > 0x7fn) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  return Uint8Array.from([...bytes, Number(left)]);
}

function concat(parts: readonly (Uint8Array | undefined)[]): Uint8Array {
  return Buffer.concat(parts.filter((part) => part !== undefined));
}
