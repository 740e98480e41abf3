/**
 * The one table of failures. A code is stable: scripts may test for it. `exit` is the exit status of the command that meets it; `meaning`
 * and `remedy`, the next thing to try where the error itself knows nothing better, make docs/errors.md.
 */
export const ERROR_TABLE = {
  BUG: {
    exit: 1,
    meaning: 'kedge met a state that it should never be in',
    remedy: 'run it again with KEDGE_DEBUG=1 and report what it prints',
  },
  USAGE: { exit: 2, meaning: 'the command line is incomplete or contradicts itself', remedy: 'kedge COMMAND --help' },
  INVALID_INPUT: { exit: 2, meaning: 'a file or a value that was given cannot be used', remedy: 'kedge COMMAND --help' },
  INVALID_CONFIG: {
    exit: 2,
    meaning: 'a configuration file has a wrong key or value',
    remedy: 'correct the key that the message names, then kedge start cloud or kedge start edge',
  },
  NOT_FOUND: { exit: 3, meaning: 'the thing that was named does not exist', remedy: 'kedge device list -A, kedge node list' },
  NOT_INSTALLED: {
    exit: 3,
    meaning: 'this home holds no cloud or edge',
    remedy: 'kedge init cloud or kedge join edge, or name another --home',
  },
  ADDON: {
    exit: 3,
    meaning: 'a compiled part is missing on this machine, or was made for another Node.js',
    remedy: 'npm rebuild better-sqlite3 where kedge is installed',
  },
  AUTH: { exit: 4, meaning: 'a token or credential was refused', remedy: 'kedge token create on the cloud makes a new join token' },
  CERTIFICATE: {
    exit: 4,
    meaning: 'a certificate does not fit: unknown CA, wrong name, or expired',
    remedy: 'check the clocks of both sides and the address that is used, then kedge status',
  },
  PERMISSION: {
    exit: 4,
    meaning: 'the operating system or the API refused access',
    remedy: 'run it as the user whose home it is, or with credentials that may do it',
  },
  CONFLICT: {
    exit: 5,
    meaning: 'the thing exists already, or was changed meanwhile',
    remedy: 'look at what is there now, and try again',
  },
  PORT_IN_USE: {
    exit: 5,
    meaning: 'another process listens on a port that kedge needs',
    remedy: 'end that process, or choose another port by its flag',
  },
  UNREACHABLE: { exit: 6, meaning: 'the other side does not answer', remedy: 'kedge status' },
  TIMEOUT: { exit: 6, meaning: 'the other side did not finish in time', remedy: 'kedge status, then try again' },
  CHECK_WARNINGS: { exit: 7, meaning: 'a check found something to look at', remedy: 'follow what each line of the check proposes' },
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
