/** A column: its heading and the text of each row. */
export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string | number | undefined;
  /** Colours the finished cell, which keeps its width. */
  readonly paint?: (text: string, row: T) => string;
}

const GAP = '   ';

/** Columns as kubectl prints them: headings, padded with blanks, nothing after the last column. `<none>` stands for what is not there. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ value }) => cell(value(row))))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  const finished = (line: string[], row?: T): string =>
    line
      .map((text, index) => {
        const padded = index === line.length - 1 ? text : text.padEnd(widths[index] ?? 0);
        return row === undefined ? padded : (columns[index]?.paint?.(padded, row) ?? padded);
      })
      .join(GAP);
  return cells.map((line, index) => finished(line, rows[index - 1])).join('\n');
}

// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** A text that others wrote, without what would move the cursor of whoever looks at it. */
export function visible(text: string): string {
  return text.replace(CONTROL, '?');
}

function cell(value: string | number | undefined): string {
  return value === undefined || value === '' ? '<none>' : visible(String(value));
}
