export type RecordLevel = 'debug' | 'info' | 'warn' | 'error';

/** From the least to the most urgent. */
export const RECORD_LEVELS: readonly RecordLevel[] = ['debug', 'info', 'warn', 'error'];

/** One line of a daemon's log. */
export interface LogRecord {
  /** RFC 3339; empty for a line that no logger wrote. */
  readonly time: string;
  readonly level: RecordLevel;
  readonly module?: string;
  readonly message: string;
  /** The error's own words, where one was logged with the message. */
  readonly error?: string;
  /** What else the line holds. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Reads a line as `createLogger` writes it. Anything else, such as what a dying process printed, is an error by itself. */
export function parseLogRecord(line: string): LogRecord {
  const { time, level, module, msg, err, ...fields } = parseObject(line);
  if (typeof msg !== 'string') return { time: '', level: 'error', message: line, fields: {} };
  const error = typeof err === 'object' && err !== null && 'message' in err ? err.message : err;
  return {
    time: typeof time === 'string' ? time : '',
    level: RECORD_LEVELS.find((known) => known === level) ?? 'error',
    message: msg,
    ...(typeof module === 'string' && { module }),
    ...(typeof error === 'string' && { error }),
    fields,
  };
}

function parseObject(line: string): Record<string, unknown> {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
