import { pino } from 'pino';
import type { DestinationStream, LevelWithSilent } from 'pino';

/** What a module may write. Fields first, then a sentence; secrets never. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A logger of JSON lines (`time` ISO 8601, `level` as a word, `err` serialised). Writes synchronously. */
export function createLogger(destination: DestinationStream, level: LogLevel = 'info'): Logger {
  return pino(
    {
      level: level satisfies LevelWithSilent,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

/** A logger that writes nothing; for tests and one-off commands. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
