import { ERROR_TABLE, KedgeError, messageOf } from '../kernel/errors.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import { toKedgeError } from '../kube/api-error.ts';
import { visible } from './table.ts';
import { colorsFor } from './ui.ts';
import { usageError } from './usage-error.ts';
import type { Invocation } from './usage-error.ts';

/**
 * Prints a failure on stderr, for people or, with `-o json`, as the last line `{"error": {"code", "message", "cause", "hint"}}`, and gives the
 * exit status. Stack traces only with KEDGE_DEBUG.
 */
export function reportError(error: unknown, invocation: Invocation): number {
  const { status, ...failure } = describeError(error, invocation);
  process.stderr.write(wantsJson(invocation.argv) ? `${JSON.stringify({ error: failure })}\n` : forPeople(failure, invocation.argv));
  if (process.env['KEDGE_DEBUG'] && error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
  return status;
}

interface Failure {
  readonly code: ErrorCode;
  /** What was attempted and why it failed. */
  readonly message: string;
  /** What is behind it, where the message does not say so. */
  readonly cause?: string;
  /** The next thing to try: a sentence or a command. */
  readonly hint: string;
}

/** What is told of a failure, and the exit status that it means. */
export function describeError(error: unknown, invocation: Invocation): Failure & { status: number } {
  const { nextStep = (text: string) => text } = invocation;
  const usage = usageError(error, invocation);
  if (usage !== undefined) return { code: 'USAGE', ...usage, hint: nextStep(usage.hint ?? remedy('USAGE', invocation)) };
  const { code, message, hint = remedy(code, invocation), cause, exitStatus } = toKedgeError(error);
  const behind = cause === undefined || !(error instanceof KedgeError) ? undefined : messageOf(cause);
  const told = behind === undefined || behind === '' || message.includes(behind);
  return { code, message, ...(!told && { cause: behind }), hint: nextStep(hint), status: exitStatus };
}

function remedy(code: ErrorCode, { command }: Invocation): string {
  return ERROR_TABLE[code].remedy.replace(' COMMAND', command === undefined ? '' : ` ${command.words}`);
}

function forPeople({ code, message, cause, hint }: Failure, argv: readonly string[]): string {
  const { red, dim } = colorsFor(process.stderr, argv.includes('--no-color'));
  const lines = [`${red(`error ${code}:`)} ${visibleLines(message)}`];
  if (cause !== undefined) lines.push(`  ${dim('cause:')} ${visibleLines(cause)}`);
  return `${[...lines, `  ${dim('Try:')} ${hint}`].join('\n')}\n`;
}

function wantsJson(argv: readonly string[]): boolean {
  return /(^|\n)(-o|--output)[=\n]?json(\n|$)/.test(argv.join('\n'));
}

/** Parts of a message come from others: servers, files, devices. */
function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}
