import { isTwinText, REASON, valueRefusal } from '../protocol/twin-value.ts';
import { twinTypeOf } from '../protocol/devices.ts';
import type { MappedProperty, PropertyValue } from './driver.ts';

/** A desired value in the type of its property. @throws Error when it is none of that type */
export function parseValue({ type }: Pick<MappedProperty, 'type'>, text: string): PropertyValue {
  const twinType = twinTypeOf(type) ?? '';
  const refusal = valueRefusal(twinType, text);
  if (refusal !== undefined) throw new Error(`${JSON.stringify(text)}: ${refusal}`);
  switch (twinType) {
    case 'int': {
      const number = Number(text);
      return Number.isSafeInteger(number) ? number : BigInt(text.replace('+', ''));
    }
    case 'float':
      return Number(text);
    case 'boolean':
      return text === 'true';
    default:
      return text;
  }
}

/** What was read as the text of a twin. @throws Error when it is not of the property's type, or no text that a twin can have */
export function formatValue({ type }: Pick<MappedProperty, 'type'>, value: PropertyValue): string {
  const text = typeof value === 'number' ? formatNumber(value) : String(value);
  const refusal =
    text === '' ? 'it is empty' : (valueRefusal(twinTypeOf(type) ?? '', text) ?? (isTwinText(text) ? undefined : REASON.value));
  if (refusal !== undefined) throw new Error(`${JSON.stringify(text)} was read: ${refusal}`);
  return text;
}

/** Without exponent: a twin can have no `+`. */
function formatNumber(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  if (Math.abs(value) >= 1) return BigInt(value).toString();
  const [mantissa = '', exponent] = text.split('e-');
  return `${value < 0 ? '-' : ''}0.${'0'.repeat(Number(exponent) - 1)}${mantissa.replace(/[-.]/g, '')}`;
}
