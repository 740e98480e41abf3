import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';

export default class TokenRevoke extends BaseCommand<typeof TokenRevoke> {
  static override summary = 'Make a join token useless.';
  static override description = 'Edges that have joined with it stay.';
  static override examples = ['<%= config.bin %> token revoke 4f2a9c01d3e85b76'];
  static override args = { id: Args.string({ description: 'the id that token list shows', required: true }) };

  override async run(): Promise<{ revoked: string }> {
    const { revokeToken } = await import('../../client/tokens.ts');
    await revokeToken(this.flags.home, this.args.id);
    return this.show({ revoked: this.args.id }, () => `token ${this.args.id} is revoked`);
  }
}
