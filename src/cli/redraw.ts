/** What redrawing needs of a terminal. */
export interface Screen {
  readonly rows?: number;
  readonly columns?: number;
  write(text: string): unknown;
}

// eslint-disable-next-line no-control-regex
const COLOR = /(\u001b\[\d+m)/;
const RESET = '\u001b[0m';

/**
 * Shows a text in the place of the one before. Nothing is cleared before there is something new in its place, so nothing flickers; what
 * does not fit on the screen is cut.
 */
export class Redraw {
  readonly #screen: Screen;
  #lines = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  draw(text: string): void {
    // Serial lines and the like have no size, or say 0.
    const rows = this.#screen.rows || 24;
    const columns = this.#screen.columns || 80;
    const lines = text
      .split('\n')
      .slice(0, Math.max(1, rows - 1))
      .map((line) => cut(line, columns));
    const up = this.#lines === 0 ? '' : `\u001b[${this.#lines}A`;
    this.#lines = lines.length;
    this.#screen.write(`${up}\r${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
  }
}

/** One line that is shown anew in its place. It stays off the last column, so that no terminal breaks it in two. */
export class MovingLine {
  readonly #screen: Screen;
  #isOpen = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  draw(text: string): void {
    this.#isOpen = true;
    this.#screen.write(`\r\u001b[K${cut(text, Math.max(1, (this.#screen.columns || 80) - 1))}`);
  }

  /** What is written next begins on a line of its own; `text` takes the place of what was shown last, and may be longer. */
  end(text?: string): void {
    if (text !== undefined) this.#screen.write(`\r\u001b[K${text}\n`);
    else if (this.#isOpen) this.#screen.write('\n');
    this.#isOpen = false;
  }
}

/** At most `width` characters that can be seen. */
function cut(line: string, width: number): string {
  let seen = 0;
  let kept = '';
  for (const part of line.split(COLOR)) {
    const isColor = part.startsWith('\u001b');
    if (!isColor && seen + part.length > width) return `${kept}${part.slice(0, width - seen)}${RESET}`;
    if (!isColor) seen += part.length;
    kept += part;
  }
  return line;
}
