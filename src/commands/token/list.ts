import { BaseCommand } from '../../cli/base-command.ts';
import { objectOutput } from '../../cli/flags.ts';
import { table } from '../../cli/table.ts';
import type { Column } from '../../cli/table.ts';
import type { TokenRecord } from '../../protocol/admin.ts';

export default class TokenList extends BaseCommand<typeof TokenList> {
  static override summary = 'List the join tokens that are still good.';
  static override description = 'The tokens themselves are shown only once, when they are made.';
  static override examples = ['<%= config.bin %> token list', '<%= config.bin %> token list -o name'];
  static override flags = { output: objectOutput };

  override async run(): Promise<TokenRecord[]> {
    const { listTokens } = await import('../../client/tokens.ts');
    const tokens = await listTokens(this.flags.home);
    return this.show(tokens, (format) => {
      if (format === 'name') return tokens.map(({ id }) => id).join('\n');
      return table(tokens, format === 'wide' ? [...COLUMNS, WIDE] : COLUMNS);
    });
  }
}

const COLUMNS: readonly Column<TokenRecord>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'EXPIRES', value: ({ expiresAt }) => expiresAt },
  { title: 'USED', value: ({ used, uses }) => (uses === 0 ? used : `${used}/${uses}`) },
  { title: 'NODE', value: ({ nodeName }) => nodeName ?? '<any>' },
];
const WIDE: Column<TokenRecord> = { title: 'CREATED', value: ({ createdAt }) => createdAt };
