const UNITS = [
  ['y', 365 * 86_400],
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** How long ago an RFC 3339 time was, as kubectl writes it: `5s`, `3m20s`, `2d`; undefined for no time. */
export function age(time: string | undefined, now = Date.now()): string | undefined {
  const then = Date.parse(time ?? '');
  if (Number.isNaN(then)) return undefined;
  const seconds = Math.max(0, Math.floor((now - then) / 1000));
  const index = UNITS.findIndex(([, size]) => seconds >= 2 * size || size === 1);
  const [unit, size] = UNITS[index] ?? UNITS[4];
  const [smaller, smallerSize] = UNITS[index + 1] ?? [];
  const whole = Math.floor(seconds / size);
  const rest = smallerSize === undefined ? 0 : Math.floor((seconds % size) / smallerSize);
  return whole < 10 && rest > 0 && smaller !== undefined ? `${whole}${unit}${rest}${smaller}` : `${whole}${unit}`;
}
