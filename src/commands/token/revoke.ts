import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { chooser } from '../../cli/prompts.ts';

export default class TokenRevoke extends BaseCommand<typeof TokenRevoke> {
  static override summary = 'Make a join token useless.';
  static override description = 'Edges that have joined with it stay.';
  static override examples = ['<%= config.bin %> token revoke 4f2a9c01d3e85b76'];
  static override args = { id: Args.string({ description: 'the id that token list shows' }) };

  override async run(): Promise<{ revoked: string }> {
    const choose = chooser(this.ui, this.args.id, 'ID');
    const { listTokens, revokeToken } = await import('../../client/tokens.ts');
    const names = async (): Promise<string[]> => (await listTokens(this.flags.home)).map(({ id }) => id);
    const id = await choose({ what: 'token', names, none: 'kedge token create' });
    await revokeToken(this.flags.home, id);
    return this.show({ revoked: id }, () => `token ${id} is revoked`);
  }
}
