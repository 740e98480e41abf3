import { KedgeError } from '../kernel/errors.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `500ms`, `30s`, `5m`, `24h`, `7d`; a bare number is seconds. @throws KedgeError INVALID_INPUT */
export function parseDuration(text: string): number {
  const [, number, unit = 's'] = /^(\d{1,9})(ms|s|m|h|d)?$/.exec(text) ?? [];
  if (number === undefined) throw new KedgeError('INVALID_INPUT', `"${text}" is not a duration`, { hint: 'for example 30s, 5m or 24h' });
  return Number(number) * (UNITS[unit] ?? 1_000);
}
