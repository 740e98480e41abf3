import { BaseCommand } from '../../../cli/base-command.ts';
import { objectOutput } from '../../../cli/flags.ts';
import { table } from '../../../cli/table.ts';
import type { Column } from '../../../cli/table.ts';
import type { AclRule } from '../../../protocol/mqtt-accounts.ts';

export default class MqttAclList extends BaseCommand<typeof MqttAclList> {
  static override summary = "List what the users of the edge's MQTT broker may do.";
  static override description = 'Without any rule they may do everything. With -o name, the filters: what kedge mqtt acl delete takes.';
  static override examples = ['<%= config.bin %> mqtt acl list', '<%= config.bin %> mqtt acl list -o name'];
  static override flags = { output: objectOutput };

  override async run(): Promise<AclRule[]> {
    const { listAclRules } = await import('../../../client/mqtt-accounts.ts');
    const rules = await listAclRules(this.flags.home);
    return this.show(rules, (format) => (format === 'name' ? rules.map(({ filter }) => filter).join('\n') : table(rules, COLUMNS)));
  }
}

const COLUMNS: readonly Column<AclRule>[] = [
  { title: 'USER', value: ({ user }) => (user === '' ? '<all>' : user) },
  { title: 'ACCESS', value: ({ access }) => access },
  { title: 'FILTER', value: ({ filter }) => filter },
];
