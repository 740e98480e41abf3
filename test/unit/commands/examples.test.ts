import { Parser } from '@oclif/core';
import { expect } from 'chai';
import { BaseCommand } from '../../../src/cli/base-command.ts';
import { splitWords } from '../../../src/cli/split-words.ts';
import { visibleCommands, wordsOf } from '../../helpers/command-surface.ts';

const BIN = '<%= config.bin %> ';

/** The command lines of kedge in an example, each up to where the shell takes over again. */
function linesOf(example: string): string[] {
  return example
    .split(BIN)
    .slice(1)
    .map((text) => text.split(/[|>&;)]/, 1)[0] ?? '');
}

const commands = await visibleCommands();

describe('the examples of --help', () => {
  for (const command of commands) {
    for (const line of (command.examples ?? []).flatMap((example) => linesOf(typeof example === 'string' ? example : example.command))) {
      it(line.trim(), async () => {
        const { args, flags, strict } = await command.load();
        const known = { ...BaseCommand.baseFlags, ...flags };
        const optional = Object.values(command.flags).filter((flag) => flag.type === 'option' && String(flag.helpValue).startsWith('[='));
        const words = splitWords(line.trim()).slice(wordsOf(command).split(' ').length);
        // A flag whose value may be left out: --wait.
        const argv = words.map((word) => (optional.some(({ name }) => word === `--${name}`) ? `${word}=1s` : word));
        expect(line).to.match(new RegExp(`^${wordsOf(command)}\\b`));
        await Parser.parse(argv, { args, flags: known, strict });
      });
    }
  }
});
