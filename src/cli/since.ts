import { KedgeError } from '../kernel/errors.ts';
import { parseDuration } from './duration.ts';

/** When `10m` ago was, or a time such as `2026-01-31T12:00:00Z`: ms since the epoch. @throws KedgeError INVALID_INPUT */
export function parseSince(text: string, now = Date.now()): number {
  if (/^\d{4}-/.test(text)) {
    const time = Date.parse(text);
    if (!Number.isNaN(time)) return time;
    throw new KedgeError('INVALID_INPUT', `"${text}" is not a time`, { hint: 'for example 2026-01-31T12:00:00Z, or 10m' });
  }
  return now - parseDuration(text);
}
