/** What the manifest tells of a command. */
export interface KnownCommand {
  /** `device:list`. */
  readonly id: string;
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly args: Readonly<Record<string, { readonly name: string; readonly options?: readonly string[]; readonly multiple?: boolean }>>;
  readonly flags: Readonly<Record<string, KnownFlag>>;
}

interface KnownFlag {
  readonly name: string;
  readonly char?: string;
  readonly type: 'boolean' | 'option';
  readonly description?: string;
  readonly options?: readonly string[];
  readonly multiple?: boolean;
}

/** Things whose names the API or a daemon knows. */
export type NameKind = 'device' | 'device model' | 'node' | 'token';

/** A word that could stand here, and what it is, for shells that show that. */
export interface Suggestion {
  readonly word: string;
  readonly about?: string;
}

export interface Completion {
  readonly suggestions: readonly Suggestion[];
  /** Names of these could stand here, too. */
  readonly names?: NameKind;
  /** Files could stand here. */
  readonly files?: true;
}

const NOTHING: Completion = { suggestions: [] };
const FILE_FLAGS: ReadonlySet<string> = new Set(['file', 'home', 'kubeconfig', 'token-file']);
const NAME_FLAGS: Readonly<Record<string, NameKind>> = { node: 'node', model: 'device model' };
/** Whose first argument names what; the commands that make something new want a new name. */
const NAME_ARGUMENTS: readonly (readonly [RegExp, NameKind])[] = [
  [/^device:model:(get|edit|delete)$/, 'device model'],
  [/^device:(get|edit|delete|get-twin|set-twin|watch)$/, 'device'],
  [/^node:get$/, 'node'],
  [/^token:revoke$/, 'token'],
];

/**
 * What could stand where the last word is.
 * @param typed what follows `kedge`, the last one as far as it is typed
 */
export function complete(typed: readonly string[], commands: readonly KnownCommand[]): Completion {
  const words = joined(typed);
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const visible = commands.filter(({ hidden }) => hidden !== true);
  const command = commandOf(before, visible);
  if (command === undefined) return nextWords(before, visible);
  const rest = before.slice(command.id.split(':').length);
  const pending = flagOf(command, rest.at(-1));
  if (pending?.type === 'option') return valuesOf(pending, '');
  const [name, value] = current.split('=', 2);
  const assigned = value === undefined ? undefined : flagOf(command, name);
  if (assigned?.type === 'option') return valuesOf(assigned, `--${assigned.name}=`);
  return current.startsWith('-') ? flagsOf(command, rest) : argumentOf(command, rest);
}

/** Bash takes `--output=json` for three words. */
function joined(words: readonly string[]): string[] {
  const whole: string[] = [];
  for (const word of words) {
    const last = whole.at(-1);
    if (last !== undefined && (word === '=' || last.endsWith('='))) whole[whole.length - 1] = last + word;
    else whole.push(word);
  }
  return whole;
}

function commandOf(words: readonly string[], commands: readonly KnownCommand[]): KnownCommand | undefined {
  const typed = `${words.join(':')}:`;
  const found = commands.filter(({ id }) => typed.startsWith(`${id}:`));
  return found.sort((a, b) => b.id.length - a.id.length)[0];
}

/** The commands and topics that may follow. */
function nextWords(before: readonly string[], commands: readonly KnownCommand[]): Completion {
  const suggestions = new Map<string, Suggestion>();
  for (const { id, summary } of commands) {
    const parts = id.split(':');
    const word = parts[before.length];
    if (word === undefined || before.some((typed, index) => typed !== parts[index])) continue;
    const isCommand = parts.length === before.length + 1;
    if (!suggestions.has(word) || isCommand) suggestions.set(word, { word, ...(isCommand && summary !== undefined && { about: summary }) });
  }
  return { suggestions: [...suggestions.values()] };
}

function flagOf({ flags }: KnownCommand, word: string | undefined): KnownFlag | undefined {
  return Object.values(flags).find(({ name, char }) => word === `--${name}` || (char !== undefined && word === `-${char}`));
}

function valuesOf({ name, options = [] }: KnownFlag, prefix: string): Completion {
  const names = NAME_FLAGS[name];
  return {
    suggestions: options.map((option) => ({ word: `${prefix}${option}` })),
    ...(names !== undefined && prefix === '' && { names }),
    ...(FILE_FLAGS.has(name) && { files: true as const }),
  };
}

function flagsOf(command: KnownCommand, rest: readonly string[]): Completion {
  const used = new Set(rest.map((word) => flagOf(command, word.split('=', 1)[0])));
  const left = Object.values(command.flags).filter((flag) => flag.multiple === true || !used.has(flag));
  const help = { word: '--help', about: 'show what it does, with an example' };
  return { suggestions: [...left.map(({ name, description = '' }) => ({ word: `--${name}`, about: description })), help] };
}

function argumentOf(command: KnownCommand, rest: readonly string[]): Completion {
  const args = Object.values(command.args);
  const position = positionals(command, rest).length;
  const arg = args[position] ?? args.find(({ multiple }) => multiple === true);
  if (arg === undefined) return NOTHING;
  const suggestions = (arg.options ?? []).map((word) => ({ word }));
  const names = position === 0 ? NAME_ARGUMENTS.find(([pattern]) => pattern.test(command.id))?.[1] : undefined;
  return { suggestions, ...(names !== undefined && { names }) };
}

/** The words that are neither flags nor their values. */
function positionals(command: KnownCommand, rest: readonly string[]): string[] {
  return rest.filter((word, index) => !word.startsWith('-') && flagOf(command, rest[index - 1])?.type !== 'option');
}
