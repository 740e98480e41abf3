/**
 * Twins of one device beyond which applications may not name more, except for the properties of its object. KubeEdge has no such
 * limit. Deleted twins count, for their versions stay.
 */
export const MAX_TWINS = 1_000;

/** What KubeEdge's twin engine accepts as names and values, and its words when it does not (KubeEdge reference, twin engine semantics). */
export const REASON = {
  unreadable: 'Unmarshal update request body failed, please check the request',
  noTwin: 'Update twin error, key:twin does not exist',
  key: reasonOf('key', 128),
  value: reasonOf('value', 512),
  unknownDevice: 'update rejected due to the device is not existed',
  int: 'the value is not int or integer',
  float: 'the value is not float',
  boolean: 'the bool value must be true or false',
  type: 'the value type is not allowed',
  state: 'the state is none of online, offline, ok, unknown, disconnected and unhealthy',
  tooMany: `the number of twins of a device should not be more than ${MAX_TWINS}`,
} as const;

const NAME = /^[a-zA-Z0-9\-_.,:/@#]{1,128}$/;
const VALUE = /^[a-zA-Z0-9\-_.,:/@#]{1,512}$/;
const INTEGER = /^[+-]?\d{1,128}$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const NOT_FINITE = /^([+-]?inf(inity)?|nan)$/i;

export function isTwinName(name: string): boolean {
  return NAME.test(name);
}

/** True for the characters and the length that a value may have; the empty value passes. */
export function isTwinText(value: string): boolean {
  return value === '' || VALUE.test(value);
}

const TYPES: ReadonlySet<string> = new Set(['', 'string', 'int', 'integer', 'float', 'boolean']);

/** True for the types that a twin may have, without regard to case. */
export function isTwinType(type: string): boolean {
  return TYPES.has(type.toLowerCase());
}

/** Why `type` refuses `value`, in KubeEdge's words; undefined if it does not. Types are compared without regard to case. */
export function valueRefusal(type: string, value: string): string | undefined {
  switch (type.toLowerCase()) {
    case '':
    case 'string':
      return undefined;
    case 'int':
    case 'integer':
      return isInt64(value) ? undefined : REASON.int;
    case 'float':
      return isFloat64(value) ? undefined : REASON.float;
    case 'boolean':
      return value === 'true' || value === 'false' ? undefined : REASON.boolean;
    default:
      return REASON.type;
  }
}

/**
 * True when a reported value says the same as the desired one, by the type of the twin: `22.0` is 22 for a float, `+5` is 5 for an int,
 * exactly; texts and booleans by their letters.
 */
export function sameValue(type: string | undefined, a: string, b: string): boolean {
  if (a === b) return true;
  if (a === '' || b === '') return false;
  switch (type?.toLowerCase()) {
    case 'int':
    case 'integer':
      return isInt64(a) && isInt64(b) && integerOf(a) === integerOf(b);
    case 'float':
      return Number(a) === Number(b);
    default:
      return false;
  }
}

function integerOf(text: string): bigint {
  return BigInt(text.startsWith('+') ? text.slice(1) : text);
}

function isInt64(value: string): boolean {
  if (!INTEGER.test(value)) return false;
  const number = integerOf(value);
  return BigInt.asIntN(64, number) === number;
}

function isFloat64(value: string): boolean {
  return NOT_FINITE.test(value) || (FLOAT.test(value) && Number.isFinite(Number(value)));
}

function reasonOf(part: string, bytes: number): string {
  return `The ${part} of twin must only include upper or lowercase letters, number, english, and special letter - _ . , : / @ # and the length of ${part} should be less than ${bytes} bytes`;
}
