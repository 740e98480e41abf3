import { BaseCommand } from '../../../cli/base-command.ts';
import { objectOutput } from '../../../cli/flags.ts';
import { table } from '../../../cli/table.ts';
import type { Column } from '../../../cli/table.ts';
import type { MqttListenerRow } from '../../../client/mqtt-listeners.ts';

export default class MqttListenList extends BaseCommand<typeof MqttListenList> {
  static override summary = "List the addresses of the edge's MQTT broker, and who may connect there.";
  static override description = 'Reads the configuration, so the edge need not run.';
  static override examples = ['<%= config.bin %> mqtt listen list', '<%= config.bin %> mqtt listen list -o wide'];
  static override flags = { output: objectOutput };

  override async run(): Promise<MqttListenerRow[]> {
    const { listMqttListeners } = await import('../../../client/mqtt-listeners.ts');
    const rows = listMqttListeners(this.flags.home);
    return this.show(rows, (format) => {
      if (format === 'name') return rows.map(({ url }) => url).join('\n');
      return table(rows, format === 'wide' ? [...COLUMNS, ...WIDE] : COLUMNS);
    });
  }
}

const COLUMNS: readonly Column<MqttListenerRow>[] = [
  { title: 'URL', value: ({ url }) => url },
  { title: 'CLIENTS', value: ({ clients }) => clients },
];
const WIDE: readonly Column<MqttListenerRow>[] = [
  { title: 'CERTIFICATE', value: ({ cert }) => cert },
  { title: 'CLIENT CA', value: ({ clientCa }) => clientCa },
];
