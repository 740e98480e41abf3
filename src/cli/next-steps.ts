import type { Command } from '@oclif/core';

/** What must be known of a command to see where it ends in a sentence. */
export type CommandGrammar = Pick<Command.Loadable, 'id' | 'flags' | 'args'>;

/** These are to be run on another machine, which has a home of its own. */
const ELSEWHERE = { before: /(on the cloud|there|token of)[:,]? (run )?`?$/, after: /^`? on the cloud\b/ };
/** A word of a sentence, with the punctuation that is no part of it. */
const WORD = /^ +('[^']*'|[^\s,;:)`']+(?:[:'][^\s,;:)`']+)*)([,;:.)`]*)/;

/**
 * Adds `--home` to every `kedge` command that a hint or a next step names, where it was given as a flag (`argv`): without it, the
 * proposed command would be about another kedge. Texts stay as they are where KEDGE_HOME or the default says the home.
 */
export function nextSteps(argv: readonly string[], commands: readonly CommandGrammar[]): (text: string) => string {
  const home = homeOf(argv);
  if (home === undefined || commands.length === 0) return (text) => text;
  const known = new Map(commands.map((command) => [command.id.replaceAll(':', ' '), command]));
  const words = [...known.keys()].sort((a, b) => b.length - a.length).join('|');
  const named = new RegExp(String.raw`(?<![\w./-])kedge (${words})(?![\w-])`, 'g');
  return (text) => {
    let result = '';
    let done = 0;
    for (const { 0: found, 1: id = '', index } of text.matchAll(named)) {
      const begin = index + found.length;
      const end = begin + lengthOfArguments(text.slice(begin), known.get(id));
      const isElsewhere = ELSEWHERE.before.test(text.slice(0, index)) || ELSEWHERE.after.test(text.slice(end));
      if (isElsewhere || / --home[ =]/.test(text.slice(begin, end))) continue;
      result += `${text.slice(done, end)} --home ${quoted(home)}`;
      done = end;
    }
    return result + text.slice(done);
  };
}

/** How far the flags and arguments of a command reach into what follows its words. */
function lengthOfArguments(text: string, command: CommandGrammar | undefined): number {
  const args = Object.values(command?.args ?? {});
  let length = 0;
  let awaitsValue = false;
  for (;;) {
    const [all = '', word = '', end = ''] = WORD.exec(text.slice(length)) ?? [];
    const isFlag = word.startsWith('-');
    if (word === '' || (!awaitsValue && !isFlag && !takes(args, word))) return length;
    awaitsValue = !awaitsValue && isFlag && wantsValue(command, word);
    length += all.length - end.length;
    if (end !== '') return length;
  }
}

/** Whether a word can be the next of these arguments, which it then uses up. */
function takes(args: Command.Arg.Any[], word: string): boolean {
  const [arg] = args;
  if (arg?.multiple !== true) args.shift();
  return arg !== undefined && arg.options?.includes(word) !== false;
}

function wantsValue(command: CommandGrammar | undefined, word: string): boolean {
  const flag = Object.values(command?.flags ?? {}).find(
    ({ name, char }) => word === `--${name}` || (char !== undefined && word === `-${char}`),
  );
  return flag?.type === 'option';
}

/** The value of `--home`, as it was typed. */
function homeOf(argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  const index = own.findLastIndex((word) => word === '--home' || word.startsWith('--home='));
  return own[index] === '--home' ? own[index + 1] : own[index]?.slice('--home='.length);
}

/** As one word of a shell. */
function quoted(word: string): string {
  return /^[\w./:@%+=,~-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
