/**
 * The one table of failures. A code is stable: scripts may test for it. `exit` is the exit status of the
 * command that meets it; `meaning` feeds docs/errors.md.
 */
export const ERROR_TABLE = {
  BUG: { exit: 1, meaning: 'kedge met a state that it should never be in' },
  USAGE: { exit: 2, meaning: 'the command line is incomplete or contradicts itself' },
  INVALID_INPUT: { exit: 2, meaning: 'a file or a value that was given cannot be used' },
  INVALID_CONFIG: { exit: 2, meaning: 'a configuration file has a wrong key or value' },
  NOT_FOUND: { exit: 3, meaning: 'the thing that was named does not exist' },
  NOT_INSTALLED: { exit: 3, meaning: 'this home holds no cloud or edge' },
  ADDON: { exit: 3, meaning: 'a compiled part is missing on this machine, or was made for another Node.js' },
  AUTH: { exit: 4, meaning: 'a token or credential was refused' },
  CERTIFICATE: { exit: 4, meaning: 'a certificate does not fit: unknown CA, wrong name, or expired' },
  PERMISSION: { exit: 4, meaning: 'the operating system or the API refused access' },
  CONFLICT: { exit: 5, meaning: 'the thing exists already, or was changed meanwhile' },
  PORT_IN_USE: { exit: 5, meaning: 'another process listens on a port that kedge needs' },
  UNREACHABLE: { exit: 6, meaning: 'the other side does not answer' },
  TIMEOUT: { exit: 6, meaning: 'the other side did not finish in time' },
  CHECK_WARNINGS: { exit: 7, meaning: 'a check found something to look at' },
} as const;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** A failure that a person can act on: what was attempted and why it failed, and the next command to try. */
export class KedgeError extends Error {
  override readonly name = 'KedgeError';
  readonly code: ErrorCode;
  /** The next thing to try, as a sentence or a command. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  get exitStatus(): number {
    return ERROR_TABLE[this.code].exit;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system error code (`ENOENT`, `EADDRINUSE`, …) of anything that was thrown, if it has one. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
