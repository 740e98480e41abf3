/** The terminal as a command sees it. Everything it writes goes to stderr; stdout is for data. */
export interface Ui {
  /** A person can be asked: a terminal on both ends and no `--no-input`. */
  readonly interactive: boolean;
  /** Progress may redraw its lines. */
  readonly animated: boolean;
  /** `--yes`: every question is answered with yes. */
  readonly yes: boolean;
  readonly colors: Colors;
  /** How wide the terminal is. */
  readonly columns?: number;
  /** One line to stderr. */
  line(text: string): void;
  /** Text as it is to stderr. */
  write(text: string): void;
}

/** Wraps a text in a colour, or leaves it alone where colours are unwanted. */
export type Colors = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>>;

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;

/** Colours for a stream: only on a terminal, and not with NO_COLOR, TERM=dumb or `--no-color`. */
export function colorsFor(stream: { isTTY?: boolean }, noColor = false): Colors {
  const on = stream.isTTY === true && !noColor && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  const wrap = ([open, close]: readonly [number, number]) =>
    on ? (text: string) => `\u001b[${open}m${text}\u001b[${close}m` : (text: string) => text;
  return {
    bold: wrap(CODES.bold),
    dim: wrap(CODES.dim),
    red: wrap(CODES.red),
    green: wrap(CODES.green),
    yellow: wrap(CODES.yellow),
    cyan: wrap(CODES.cyan),
  };
}

export interface UiFlags {
  readonly yes?: boolean;
  readonly 'no-input'?: boolean;
  readonly 'no-color'?: boolean;
}

export function createUi(flags: UiFlags): Ui {
  const terminal = process.stderr.isTTY;
  return {
    interactive: process.stdin.isTTY && terminal && flags['no-input'] !== true,
    animated: terminal && process.env['TERM'] !== 'dumb',
    yes: flags.yes === true,
    colors: colorsFor(process.stderr, flags['no-color']),
    get columns() {
      return process.stderr.columns || 80;
    },
    line: (text) => process.stderr.write(`${text}\n`),
    write: (text) => process.stderr.write(text),
  };
}

/** For work inside a step: nothing of it is shown. */
export function quietUi(ui: Ui): Ui {
  return { ...ui, animated: false, interactive: false, line: () => undefined, write: () => undefined };
}
