import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { parseDuration } from '../../cli/duration.ts';
import type { CreatedToken } from '../../protocol/admin.ts';

export default class TokenCreate extends BaseCommand<typeof TokenCreate> {
  static override summary = 'Make a join token.';
  static override description =
    'A token enrols names that are free. One made with --node enrols that name alone, and takes it over from whoever holds it.';
  static override examples = ['<%= config.bin %> token create', '<%= config.bin %> token create --ttl 1h --uses 1 --node kitchen'];
  static override flags = {
    ttl: Flags.string({ description: 'how long it is good, such as 30m, 24h or 7d', helpValue: 'DURATION', default: '24h' }),
    uses: Flags.integer({ description: 'how many edges may join with it; 0 for any number', helpValue: 'NUMBER', default: 0, min: 0 }),
    node: Flags.string({ description: 'the only name it is good for, even if that name is taken', helpValue: 'NODE' }),
  };

  override async run(): Promise<CreatedToken> {
    const { createToken } = await import('../../client/tokens.ts');
    const { ttl, uses, node } = this.flags;
    const request = { ttlSeconds: Math.floor(parseDuration(ttl) / 1000), uses, ...(node !== undefined && { nodeName: node }) };
    const created = await createToken(this.flags.home, request);
    return this.show(created, () => created.token);
  }
}
