import { visible } from './table.ts';

/** Labelled lines about one thing; a list takes one line per element. What is not there is left out. */
export function fields(values: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  const shown = Object.entries(values).flatMap(([label, value]) =>
    value === undefined || value.length === 0 ? [] : [[label, value] as const],
  );
  const width = Math.max(0, ...shown.map(([label]) => label.length)) + 1;
  return shown
    .flatMap(([label, value]) => {
      const lines = typeof value === 'string' ? [value] : value;
      return lines.map((line, index) => `${(index === 0 ? `${label}:` : '').padEnd(width)} ${visible(line)}`);
    })
    .join('\n');
}
