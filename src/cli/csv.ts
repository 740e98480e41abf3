import type { Column } from './table.ts';

/** RFC 4180, but for the ends of lines, which are those of Unix: headings first; what is not there is empty. */
export function csv<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ value }) => String(value(row) ?? '')))];
  return lines.map((line) => line.map(quoted).join(',')).join('\n');
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
