import type { DestinationStream } from 'pino';
import { parseLogRecord } from './log-record.ts';
import type { LogRecord } from './log-record.ts';

/** Something that went wrong, as `status` shows it. */
export interface Problem {
  /** RFC 3339, of the last time. */
  readonly time: string;
  readonly level: 'warn' | 'error';
  readonly module?: string;
  readonly message: string;
  readonly error?: string;
  /** How many times in a row. */
  readonly count: number;
}

const LIMIT = 20;
/** As pino begins a line; other lines are not parsed. */
const URGENT = /^\{"level":"(warn|error)"/;

/** The last warnings and errors that a daemon logged, the newest last; a repetition counts up. */
export class RecentProblems {
  readonly #problems: Problem[] = [];

  /** A destination for the log that hands every line on and remembers what is urgent. */
  listenTo(destination: DestinationStream): DestinationStream {
    return {
      write: (line) => {
        destination.write(line);
        if (URGENT.test(line)) this.#add(parseLogRecord(line));
      },
    };
  }

  list(): readonly Problem[] {
    return [...this.#problems];
  }

  #add(record: LogRecord): void {
    const last = this.#problems.at(-1);
    const again = last !== undefined && isSame(last, record);
    if (again) this.#problems.pop();
    this.#problems.push(problemOf(record, again ? last.count + 1 : 1));
    if (this.#problems.length > LIMIT) this.#problems.shift();
  }
}

export function problemOf({ time, level, module, message, error }: LogRecord, count = 1): Problem {
  return {
    time,
    level: level === 'error' ? 'error' : 'warn',
    ...(module !== undefined && { module }),
    message,
    ...(error !== undefined && { error }),
    count,
  };
}

function isSame(problem: Problem, record: LogRecord): boolean {
  return (['level', 'module', 'message', 'error'] as const).every((key) => problem[key] === record[key]);
}
