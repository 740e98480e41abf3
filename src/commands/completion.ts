import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { chooser } from '../cli/prompts.ts';
import { completionScript, SHELLS } from '../completion/scripts.ts';
import type { Shell } from '../completion/scripts.ts';

export default class CompletionCommand extends BaseCommand<typeof CompletionCommand> {
  static override summary = 'Print what makes a shell complete kedge on Tab: commands, flags, values and names.';
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    '<%= config.bin %> completion zsh > "${fpath[1]}/_kedge"',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/kedge.fish',
  ];
  static override args = { shell: Args.option({ description: 'which shell', options: SHELLS })() };

  override async run(): Promise<{ shell: Shell; script: string }> {
    const choose = chooser(this.ui, this.args.shell, SHELLS.join(', '));
    const shell = (await choose({ what: 'shell', names: () => Promise.resolve(SHELLS), none: '' })) as Shell;
    const script = await completionScript(shell);
    return this.show({ shell, script }, () => script);
  }
}
