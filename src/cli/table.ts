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
  return new GrowingTable(columns).add(rows);
}

/** A table that goes on: what is added later stands under the same headings, and widens a column where it must. */
export class GrowingTable<T> {
  readonly #columns: readonly Column<T>[];
  readonly #widths: number[];
  #hasHeadings = false;

  constructor(columns: readonly Column<T>[]) {
    this.#columns = columns;
    this.#widths = columns.map(() => 0);
  }

  /** The lines of these rows, the first time below the headings. */
  add(rows: readonly T[]): string {
    const headings = this.#hasHeadings ? [] : [this.#columns.map(({ title }) => title)];
    this.#hasHeadings = true;
    const lines = [...headings, ...rows.map((row) => this.#columns.map(({ value }) => cell(value(row))))];
    for (const line of lines)
      for (const [index, text] of line.entries()) this.#widths[index] = Math.max(this.#widths[index] ?? 0, text.length);
    return lines.map((line) => this.#padded(line)).join('\n');
  }

  #padded(line: readonly string[]): string {
    return line.map((text, index) => (index === line.length - 1 ? text : text.padEnd(this.#widths[index] ?? 0))).join(GAP);
  }
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
