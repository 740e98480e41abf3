import { GoSyntax } from './go-syntax.ts';

/** Why a field was refused: metav1.CauseType of the Kubernetes API. */
export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueNotFound'
  | 'FieldValueDuplicate'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid';

/** One refused field. `message` has no field path in front; a 422 Status says `field: message`. */
export interface FieldError {
  readonly reason: FieldErrorReason;
  readonly message: string;
  readonly field: string;
}

const withDetail = (text: string, detail: string): string => (detail === '' ? text : `${text}: ${detail}`);

/** `Required value[: detail]` */
export function required(field: string, detail = ''): FieldError {
  return { reason: 'FieldValueRequired', message: withDetail('Required value', detail), field };
}

/** `Invalid value: "value": detail` */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', message: withDetail(`Invalid value: ${shown(value)}`, detail), field };
}

/** `Invalid value: "string": detail`, where the value's type is shown in place of the value. */
export function typeInvalid(field: string, typeName: string, detail: string): FieldError {
  return { reason: 'FieldValueTypeInvalid', message: withDetail(`Invalid value: ${JSON.stringify(typeName)}`, detail), field };
}

/** `Unsupported value: "value": supported values: "A", "B"` */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((text) => JSON.stringify(text)).join(', ');
  return { reason: 'FieldValueNotSupported', message: `Unsupported value: ${shown(value)}: supported values: ${list}`, field };
}

/** `Forbidden: detail` */
export function forbidden(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', message: withDetail('Forbidden', detail), field };
}

/** `Duplicate value: "value"[: detail]` */
export function duplicate(field: string, value: unknown, detail = ''): FieldError {
  return { reason: 'FieldValueDuplicate', message: withDetail(`Duplicate value: ${shown(value)}`, detail), field };
}

/** `Not found: "value"` */
export function notFound(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueNotFound', message: `Not found: ${shown(value)}`, field };
}

/** One error for each message that is wrong with a value. */
export function eachInvalid(field: string, value: unknown, details: readonly string[]): FieldError[] {
  return details.map((detail) => invalid(field, value, detail));
}

/** `Too long: must have at most N bytes` */
export function tooLong(field: string, maximum: number): FieldError {
  return { reason: 'FieldValueTooLong', message: `Too long: must have at most ${maximum} bytes`, field };
}

/** A value in a message; of a long one, its beginning. */
function shown(value: unknown): string {
  const text = goValue(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

const SHOWN_CHARACTERS = 16_384;

function goValue(value: unknown): string {
  if (Array.isArray(value) && value.every((element) => typeof element === 'string')) {
    return `[]string{${value.map((element) => JSON.stringify(element)).join(', ')}}`;
  }
  // Go shows a nil pointer as the string "null".
  if (value instanceof GoSyntax) return value.text;
  return value === undefined || value === null ? '"null"' : JSON.stringify(value);
}

/** `Too many: 101: must have at most 100 items` */
export function tooMany(field: string, count: number, maximum: number): FieldError {
  return { reason: 'FieldValueTooMany', message: `Too many: ${count}: must have at most ${maximum} items`, field };
}
