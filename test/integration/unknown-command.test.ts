import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { run } from '../helpers/kedge.ts';

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

describe('a command that does not exist', () => {
  const cases: [string, string][] = [
    ['frob', 'kedge --help'],
    ['device frob', 'kedge device --help'],
    ['device model frob', 'kedge device model --help'],
  ];
  for (const [words, next] of cases) {
    it(`${words}: says so as it was typed, and what to try`, async () => {
      const { status, stdout, stderr } = await run(process.execPath, ['--import', 'tsx', DEV, ...words.split(' ')]);
      expect({ status, stdout, stderr }).to.deep.equal({
        status: 2,
        stdout: '',
        stderr: `error USAGE: there is no command ${words}\n  Try: ${next}\n`,
      });
    });
  }
});
