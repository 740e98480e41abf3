import { expect } from 'chai';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Installation, succeed } from '../helpers/installation.ts';
import { kedge, run } from '../helpers/kedge.ts';
import { needs } from '../helpers/neighbour.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** Each shell sources the script and is asked what could stand where the last word of the line is. */
const ASK = {
  // What bash does on Tab: it calls the function with the words of the line, which ends at =, too.
  bash: `source <(kedge completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kedge 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // compadd works only while a line is edited; here it prints what would be added.
  zsh: `compdef() { }; compadd() { print -l -- $found }; source <(kedge completion zsh); words=("$@"); CURRENT=$#; _kedge`,
  fish: `kedge completion fish | source; complete -C "$argv"`,
} as const;
type Shell = keyof typeof ASK;

describe('completion in the shells themselves', function () {
  this.timeout(180_000);
  let installation: Installation;
  let env: Record<string, string>;

  before(async () => {
    installation = await Installation.create({ join: false });
    const bin = join(installation.home, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'kedge'), `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`);
    await chmod(join(bin, 'kedge'), 0o755);
    env = { PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, KEDGE_HOME: installation.home, HOME: installation.home };
    await succeed(kedge(['node', 'register', 'gateway-1'], { home: installation.home }));
  });
  after(() => installation.remove());

  const ask = async (shell: Shell, words: readonly string[]): Promise<string[]> => {
    const args = {
      bash: ['--norc', '-c', ASK.bash, 'bash', ...words],
      zsh: ['-f', '-c', ASK.zsh, 'zsh', ...words],
      fish: ['--no-config', '-c', ASK.fish, words.join(' ')],
    };
    const { stdout } = await succeed(run(shell, args[shell], { env, cwd: installation.home }));
    return stdout
      .split('\n')
      .map((line) => line.split('\t', 1)[0] ?? '')
      .filter((word) => word !== '');
  };

  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    describe(shell, () => {
      before(function () {
        needs(this, shell);
      });

      it('completes commands', async () => {
        expect(await ask(shell, ['kedge', ''])).to.include.members(['device', 'init', 'completion']);
        expect(await ask(shell, ['kedge', 'device', 'li'])).to.include('list');
      });

      it('completes flags and their values', async () => {
        expect(await ask(shell, ['kedge', 'device', 'list', '--wa'])).to.include('--watch');
        expect(await ask(shell, ['kedge', 'device', 'list', '-o', ''])).to.include.members(['wide', 'json']);
      });

      it('completes names that the API knows', async () => {
        expect(await ask(shell, ['kedge', 'node', 'get', ''])).to.deep.equal(['gateway-1']);
      });
    });
  }

  it('bash: completes a value after =, and nothing that does not begin as it was typed', async () => {
    expect(await ask('bash', ['kedge', 'device', 'list', '--output', '=', 'j'])).to.deep.equal(['json']);
  });

  it('is silent when nobody answers', async () => {
    const ran = await kedge(['__complete', 'node', 'get', ''], { home: join(installation.home, 'nowhere') });
    expect(ran).to.deep.equal({ status: 0, stdout: '', stderr: '' });
  });
});
