import { invalid, type FieldError } from './field-error.ts';
import { goIntOrString } from './go-syntax.ts';

export type IntOrString = number | string;

const PERCENT = /^[0-9]+%$/;

export function nonNegative(value: number | undefined, field: string): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
}

/** A number of pods, or a share of them. */
export function validateIntOrPercent(value: IntOrString | undefined, field: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return nonNegative(value, field);
  return PERCENT.test(value)
    ? []
    : [
        invalid(
          field,
          goIntOrString(value),
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      ];
}

export function notAboveHundredPercent(value: IntOrString | undefined, field: string): FieldError[] {
  return percentOf(value) > 100 ? [invalid(field, goIntOrString(value), 'must not be greater than 100%')] : [];
}

/** True for 0, 0% and for what is no number at all. */
export function isZero(value: IntOrString | undefined): boolean {
  if (typeof value !== 'string') return (value ?? 0) === 0;
  return PERCENT.test(value) ? percentOf(value) === 0 : !/^[+-]?\d*[1-9]\d*$/.test(value);
}

function percentOf(value: IntOrString | undefined): number {
  return typeof value === 'string' && PERCENT.test(value) ? Number(value.slice(0, -1)) : 0;
}
