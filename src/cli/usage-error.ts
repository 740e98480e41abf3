import { stripVTControlCharacters } from 'node:util';
import { messageOf } from '../kernel/errors.ts';
import { closest } from './suggest.ts';

/** What was called, as far as it is known. */
export interface Invocation {
  readonly argv: readonly string[];
  /** The command that was found, `device list`, and the names of its flags. */
  readonly command?: { readonly words: string; readonly flags: readonly string[] };
  /** Every command there is, when none was found. */
  readonly commands?: readonly string[];
  /** What becomes of a hint before it is told (next-steps.ts). */
  readonly nextStep?: (text: string) => string;
}

/** What oclif complains about, and what to try, in plain words; undefined when the error is none of oclif's. */
export function usageError(error: unknown, invocation: Invocation): { status: number; message: string; hint?: string } | undefined {
  const status = (error as { oclif?: { exit?: unknown } } | null)?.oclif?.exit;
  if (typeof status !== 'number') return undefined;
  // On a terminal oclif colours parts of what it says.
  const message = stripVTControlCharacters(messageOf(error)).replace(/\nSee more help with --help$/, '');
  const unknown = /^command (.+) not found$/s.exec(message)?.[1]?.replaceAll(':', ' ');
  if (unknown !== undefined) return { status, ...unknownCommand(unknown.split(' '), invocation.commands ?? []) };
  const flag = /^Nonexistent flags?: --(\S+)/.exec(message)?.[1];
  const meant = flag && closest(flag, invocation.command?.flags ?? []);
  return { status, message: plain(message), ...(meant && { hint: `--${meant}` }) };
}

/**
 * Commands as people type them, `device frob`, not as oclif keeps them. What is proposed exists: the command that was meant, with what
 * follows it, else the help of the longest part that is known.
 */
function unknownCommand(typed: readonly string[], commands: readonly string[]): { message: string; hint: string } {
  const text = typed.join(' ');
  const known = commands.find((command) => text.startsWith(`${command} `));
  if (known !== undefined) return { message: `${known} takes no argument ${text.slice(known.length + 1)}`, hint: `kedge ${known} --help` };
  const meant = nearMiss(typed, commands);
  if (meant !== undefined) {
    const words = meant.split(' ').length;
    const rest = typed.slice(words).filter((word) => /^[\w./=@-]+$/.test(word));
    return { message: `there is no command ${typed.slice(0, words).join(' ')}`, hint: ['kedge', meant, ...rest].join(' ') };
  }
  const isTopic = (words: readonly string[]): boolean => commands.some((command) => command.startsWith(`${words.join(' ')} `));
  let depth = 0;
  while (depth < typed.length && isTopic(typed.slice(0, depth + 1))) depth += 1;
  return {
    message: `there is no command ${typed.slice(0, depth + 1).join(' ')}`,
    hint: ['kedge', ...typed.slice(0, depth), '--help'].join(' '),
  };
}

/** The command that the first words probably mean, whatever follows them; the longest such. */
function nearMiss(typed: readonly string[], commands: readonly string[]): string | undefined {
  for (let words = typed.length; words > 0; words -= 1) {
    const first = typed.slice(0, words);
    const near = commands.filter((command) => isNear(first, command.split(' ')));
    if (near.length > 0) return closest(first.join(' '), near) ?? near[0];
  }
  return undefined;
}

/** Every word is the other's, but for a slip. */
function isNear(typed: readonly string[], command: readonly string[]): boolean {
  return typed.length === command.length && typed.every((word, index) => closest(word, [command[index] ?? '']) !== undefined);
}

/** Without oclif's frames, and on one line where it has one fact. */
function plain(message: string): string {
  const text = message
    .replace(/^Parsing (--\S+) \n\t/, '$1: ')
    .replace(/^The following errors? occurred:\n\s*/, '')
    .replace(/^Nonexistent flags?: /, 'there is no flag ')
    .replace(/^Missing \d+ required args?:\n(\S+) +/, (_, name: string) => `${name.toUpperCase()} is missing: `);
  const lines = text.split(/\n\s*/);
  const missing = lines.flatMap((line) => /^Missing required flag (\S+)$/.exec(line)?.[1] ?? []).map((name) => `--${name}`);
  if (missing.length === 0) return text;
  const others = lines.filter((line) => !line.startsWith('Missing required flag '));
  return [`${list(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`, ...others].join('\n  ');
}

/** `a`, `a and b`, `a, b and c`. */
function list(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
