import { messageOf } from '../kernel/errors.ts';
import { closest } from './suggest.ts';

/** What was called, as far as it is known. */
export interface Invocation {
  readonly argv: readonly string[];
  /** The command that was found, `device list`, and the names of its flags. */
  readonly command?: { readonly words: string; readonly flags: readonly string[] };
  /** Every command there is, when none was found. */
  readonly commands?: readonly string[];
}

/** What oclif complains about, and what to try, in plain words; undefined when the error is none of oclif's. */
export function usageError(error: unknown, invocation: Invocation): { status: number; message: string; hint?: string } | undefined {
  const status = (error as { oclif?: { exit?: unknown } } | null)?.oclif?.exit;
  if (typeof status !== 'number') return undefined;
  const message = messageOf(error).replace(/\nSee more help with --help$/, '');
  const unknown = /^command (\S+) not found$/.exec(message)?.[1]?.replaceAll(':', ' ');
  if (unknown !== undefined) return { status, ...unknownCommand(unknown, invocation.commands ?? []) };
  const flag = /^Nonexistent flags?: --(\S+)/.exec(message)?.[1];
  const meant = flag && closest(flag, invocation.command?.flags ?? []);
  return { status, message: plain(message), ...(meant && { hint: `--${meant}` }) };
}

/** Commands as people type them, `device frob`, not as oclif keeps them. */
function unknownCommand(words: string, commands: readonly string[]): { message: string; hint: string } {
  const parts = words.split(' ');
  const known = commands.find((command) => words.startsWith(`${command} `));
  if (known !== undefined) return { message: `${known} takes no argument ${words.slice(known.length + 1)}`, hint: `kedge ${known} --help` };
  const meant = commands.find((command) => isNear(parts, command.split(' ')));
  return {
    message: `there is no command ${words}`,
    hint: ['kedge', ...(meant?.split(' ') ?? [...parts.slice(0, -1), '--help'])].join(' '),
  };
}

/** Every word is the other's, but for a slip. */
function isNear(typed: readonly string[], command: readonly string[]): boolean {
  return typed.length === command.length && typed.every((word, index) => closest(word, [command[index] ?? '']) !== undefined);
}

/** Without oclif's frames, and on one line where it has one fact. */
function plain(message: string): string {
  return message
    .replace(/^Parsing (--\S+) \n\t/, '$1: ')
    .replace(/^The following errors? occurred:\n\s*/, '')
    .replace(/^Nonexistent flags?: /, 'there is no flag ')
    .replace(/^Missing \d+ required args?:\n(\S+) +/, (_, name: string) => `${name.toUpperCase()} is missing: `)
    .replace(/^Missing required flag (\S+)/, '--$1 is missing');
}
