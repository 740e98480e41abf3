import { twinTypeOf } from './devices.ts';
import { isTwinText, REASON, valueRefusal } from './twin-value.ts';

/** What a DeviceModel says of a property's values. */
export interface PropertyRules {
  /** `INT`, `FLOAT`, …: anything else is no type. */
  readonly type?: string | undefined;
  /** `ReadOnly`: it is reported, not set. */
  readonly accessMode?: string | undefined;
  readonly minimum?: string | undefined;
  readonly maximum?: string | undefined;
}

/** Why these rules do not allow a desired value; undefined if they do. Of all values of a ReadOnly property they allow none. */
export function desiredRefusal(rules: PropertyRules, value: string): string | undefined {
  if (rules.accessMode === 'ReadOnly') return 'the property is ReadOnly: it is reported, not set';
  const range = rangeRefusal(rules, value);
  return textRefusal(rules, value) ?? (range && `it is ${range}`);
}

/** Why a value is none of the property's type, in KubeEdge's words; undefined if it is. */
export function textRefusal({ type }: PropertyRules, value: string): string | undefined {
  return valueRefusal(twinTypeOf(type) ?? '', value) ?? (isTwinText(value) ? undefined : REASON.value);
}

/** `above its maximum 30`, or below its minimum; undefined within the range, and for what is no number. */
export function rangeRefusal({ type, minimum, maximum }: PropertyRules, value: string): string | undefined {
  const twinType = twinTypeOf(type);
  if (twinType !== 'int' && twinType !== 'float') return undefined;
  const compare = comparatorOf(type);
  if (minimum && compare(value, minimum) < 0) return `below its minimum ${minimum}`;
  if (maximum && compare(value, maximum) > 0) return `above its maximum ${maximum}`;
  return undefined;
}

/** Orders values of a number type. Whole numbers of 64 bits do not fit into a double. */
export function comparatorOf(type: string | undefined): (a: string, b: string) => number {
  const whole = /^[+-]?\d+$/;
  return (a, b) => {
    if (type !== 'INT' || !whole.test(a) || !whole.test(b)) return Number(a) - Number(b);
    const difference = BigInt(a.replace('+', '')) - BigInt(b.replace('+', ''));
    return difference < 0n ? -1 : Number(difference > 0n);
  };
}
