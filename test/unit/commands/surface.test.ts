import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { surfaceOf, visibleCommands, wordsOf } from '../../helpers/command-surface.ts';
import { matchSnapshot, snapshotPath } from '../../helpers/snapshot.ts';

const commands = await visibleCommands();
const tests = fileURLToPath(new URL('../../', import.meta.url));
const pinned = readdirSync(tests, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(tests, file), 'utf8'))
  .filter((text) => text.includes('pinResult'))
  .join('\n');
const pathOf = (words: string): string => snapshotPath('commands', words, 'txt');

describe('the command surface', () => {
  for (const command of commands) {
    const words = wordsOf(command);
    it(`kedge ${words} takes what it took`, () => {
      matchSnapshot(pathOf(words), surfaceOf(command));
    });
    it(`kedge ${words} has a summary and an example of its own`, () => {
      expect(command.summary).to.be.a('string').and.not.equal('');
      const examples = (command.examples ?? []).map(String);
      expect(examples.some((example) => example.includes(`<%= config.bin %> ${words}`))).to.equal(true);
    });
  }

  // It logs to stderr and prints nothing; with -o json its errors are JSON.
  const prints = (words: string): boolean => words !== 'mapper run';
  // While snapshots are written, the results come after this file.
  const withJson =
    process.env['KEDGE_SNAPSHOTS'] === 'write'
      ? []
      : commands
          .filter(({ flags }) => flags['output']?.type === 'option' && flags['output'].options?.includes('json'))
          .filter((command) => prints(wordsOf(command)));
  for (const command of withJson) {
    const words = wordsOf(command);
    it(`kedge ${words} has its JSON pinned`, () => {
      const how = 'add it to test/e2e/json-results.test.ts as test/README.md says';
      expect(existsSync(snapshotPath('results', words, 'json')), how).to.equal(true);
      expect(pinned, how).to.contain(`('${words}'`);
    });
  }

  it('has lost no command', () => {
    const present = commands.map((command) => basename(pathOf(wordsOf(command))));
    expect(present).to.include.members(readdirSync(dirname(pathOf('any'))));
  });
});
