import { BaseCommand } from '../../../cli/base-command.ts';
import { table } from '../../../cli/table.ts';
import type { AclRule } from '../../../protocol/mqtt-accounts.ts';

export default class MqttAclList extends BaseCommand<typeof MqttAclList> {
  static override summary = "List what the users of the edge's MQTT broker may do.";
  static override description = 'Without any rule they may do everything.';
  static override examples = ['<%= config.bin %> mqtt acl list'];

  override async run(): Promise<AclRule[]> {
    const { listAclRules } = await import('../../../client/mqtt-accounts.ts');
    const rules = await listAclRules(this.flags.home);
    return this.show(rules, () =>
      table(rules, [
        { title: 'USER', value: ({ user }) => (user === '' ? '<all>' : user) },
        { title: 'ACCESS', value: ({ access }) => access },
        { title: 'FILTER', value: ({ filter }) => filter },
      ]),
    );
  }
}
