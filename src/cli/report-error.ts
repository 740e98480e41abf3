import { KedgeError, messageOf } from '../kernel/errors.ts';
import { ApiError, toKedgeError } from '../kube/api-error.ts';
import { visible } from './table.ts';
import { colorsFor } from './ui.ts';

/** Prints a failure on stderr for people and gives the exit status. Stack traces only with KEDGE_DEBUG. */
export function reportError(error: unknown, noColor = false): number {
  const { red, dim } = colorsFor(process.stderr, noColor);
  const { code, message, hint, cause, status } = describe(error);
  const lines = [`${red(`error ${code}:`)} ${visibleLines(message)}`];
  if (cause !== undefined && !message.includes(cause)) lines.push(`  ${dim('cause:')} ${visibleLines(cause)}`);
  if (hint !== undefined) lines.push(`  ${dim('Try:')} ${hint}`);
  if (process.env['KEDGE_DEBUG'] && error instanceof Error && error.stack !== undefined) lines.push(error.stack);
  process.stderr.write(`${lines.join('\n')}\n`);
  return status;
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly cause?: string | undefined;
  readonly status: number;
}

function describe(error: unknown): Failure {
  const known = error instanceof ApiError ? toKedgeError(error) : error;
  if (known instanceof KedgeError) {
    const cause = known.cause === undefined ? undefined : messageOf(known.cause);
    return { code: known.code, message: known.message, hint: known.hint, cause, status: known.exitStatus };
  }
  const usage = usageStatus(error);
  if (usage !== undefined) return { code: 'USAGE', ...plainUsage(messageOf(error)), status: usage };
  return { code: 'BUG', message: messageOf(error), hint: 'run it again with KEDGE_DEBUG=1 and report what it prints', status: 1 };
}

/** oclif's own complaints about the command line carry an exit status. */
function usageStatus(error: unknown): number | undefined {
  const status = (error as { oclif?: { exit?: unknown } } | null)?.oclif?.exit;
  return typeof status === 'number' ? status : undefined;
}

/** Without oclif's frame around what a flag complains about; commands as people type them, `device frob`, not as oclif keeps them. */
function plainUsage(message: string): Pick<Failure, 'message' | 'hint'> {
  const words = /^command (\S+) not found$/.exec(message)?.[1]?.split(':');
  if (words === undefined) return { message: message.replace(/^Parsing (--\S+) \n\t([\s\S]*?)(\nSee more help with --help)?$/, '$1: $2') };
  return { message: `there is no command ${words.join(' ')}`, hint: ['kedge', ...words.slice(0, -1), '--help'].join(' ') };
}

/** Parts of a message come from others: servers, files, devices. */
function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}
