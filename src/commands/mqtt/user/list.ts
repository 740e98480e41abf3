import { BaseCommand } from '../../../cli/base-command.ts';
import { objectOutput } from '../../../cli/flags.ts';
import { table } from '../../../cli/table.ts';
import type { Column } from '../../../cli/table.ts';
import type { MqttUser } from '../../../protocol/mqtt-accounts.ts';

export default class MqttUserList extends BaseCommand<typeof MqttUserList> {
  static override summary = "List the users of the edge's MQTT broker.";
  static override examples = ['<%= config.bin %> mqtt user list', '<%= config.bin %> mqtt user list -o name'];
  static override flags = { output: objectOutput };

  override async run(): Promise<MqttUser[]> {
    const { listMqttUsers } = await import('../../../client/mqtt-accounts.ts');
    const users = await listMqttUsers(this.flags.home);
    return this.show(users, (format) => (format === 'name' ? users.map(({ name }) => name).join('\n') : table(users, COLUMNS)));
  }
}

const COLUMNS: readonly Column<MqttUser>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'RULES', value: ({ rules }) => rules },
];
