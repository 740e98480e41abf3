export interface Point {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly value: number;
}

/** Where each of a character's eight dots is in Unicode's braille patterns, by column and row. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * A line chart of braille characters, `width` by `height` of them: highest and lowest value at the left, first and last time below. A value
 * holds until the next one. `points` ascend in time; without any there is nothing to see.
 */
export function plot(points: readonly Point[], { width, height }: { readonly width: number; readonly height: number }): string[] {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return [];
  const { low, high } = boundsOf(points.map(({ value }) => value));
  const cells = Array.from({ length: height }, () => new Uint8Array(width));
  const rowOf = (value: number): number => Math.round((1 - scaled(value, low, high)) * (4 * height - 1));
  const mark = (x: number, y: number): void => {
    const line = cells[y >> 2];
    if (line !== undefined) line[x >> 1] = (line[x >> 1] ?? 0) | (DOTS[x & 1]?.[y & 3] ?? 0);
  };
  const stretch = (last.time - first.time) / (2 * width - 1);
  let next = 0;
  let y = rowOf(first.value);
  for (let x = 0; x < 2 * width; x += 1) {
    mark(x, y);
    // All that was reported within this column, so that no peak is missed.
    for (let point = points[next]; point !== undefined && point.time <= first.time + stretch * x; point = points[(next += 1)]) {
      const to = rowOf(point.value);
      for (let between = Math.min(y, to); between <= Math.max(y, to); between += 1) mark(x, between);
      y = to;
    }
  }
  const labels = [short(high), ...Array.from({ length: Math.max(0, height - 2) }, () => ''), ...(height > 1 ? [short(low)] : [])];
  const margin = Math.max(...labels.map(({ length }) => length));
  const lines = cells.map((line, index) => {
    const dots = Array.from(line, (cell) => String.fromCodePoint(0x2800 + cell)).join('');
    return `${(labels[index] ?? '').padStart(margin)} ┤${dots}`;
  });
  const [from, to] = [clock(first.time), clock(last.time)];
  return [...lines, `${' '.repeat(margin + 2)}${from}${to.padStart(Math.max(to.length + 1, width - from.length))}`];
}

/** The newest `width` values, one character each, the lowest ▁ and the highest █. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const { low, high } = boundsOf(shown);
  return shown.map((value) => BARS[Math.round(scaled(value, low, high) * (BARS.length - 1))] ?? '').join('');
}

/** The number that a twin's value says; undefined for what is no finite number. */
export function numberIn(value: string | undefined): number | undefined {
  if (value === undefined || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function boundsOf(values: readonly number[]): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return { low, high };
}

/** From 0 to 1; what never changes runs along the middle. Halves keep the largest numbers finite. */
function scaled(value: number, low: number, high: number): number {
  return high === low ? 0.5 : (value / 2 - low / 2) / (high / 2 - low / 2);
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** Local time to the second. */
function clock(time: number): string {
  const date = new Date(time);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
