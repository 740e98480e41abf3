/** From when until when a certificate is good. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export type LifetimeState = 'ok' | 'warning' | 'urgent' | 'expired';

const DAY_MS = 86_400_000;
const WARNING_MS = 30 * DAY_MS;
const URGENT_MS = 7 * DAY_MS;

/**
 * How a certificate stands: `warning` in its last 30 days, `urgent` in its last 7. One that lives for weeks or minutes only would be
 * near its end all the time, so the thresholds are never more than a fifth and a tenth of its whole life.
 * @param now milliseconds since the epoch
 */
export function lifetimeState({ notBefore, notAfter }: Validity, now: number): LifetimeState {
  const life = notAfter.getTime() - notBefore.getTime();
  const left = notAfter.getTime() - now;
  if (left <= 0) return 'expired';
  if (left <= Math.min(URGENT_MS, life / 10)) return 'urgent';
  return left <= Math.min(WARNING_MS, life / 5) ? 'warning' : 'ok';
}

/** Whole days until the end, rounded down: 0 on the last day, negative afterwards. */
export function daysLeft({ notAfter }: Validity, now: number): number {
  return Math.floor((notAfter.getTime() - now) / DAY_MS);
}
