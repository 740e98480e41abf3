import { BaseCommand } from '../../cli/base-command.ts';
import { fields } from '../../cli/fields.ts';
import { readEdgeModule } from '../../client/status.ts';

export default class MqttStatus extends BaseCommand<typeof MqttStatus> {
  static override summary = "Show the MQTT side of this home's edge: mode, URLs, clients.";
  static override examples = ['<%= config.bin %> mqtt status -o json'];

  override async run(): Promise<Readonly<Record<string, unknown>>> {
    const facts = await readEdgeModule(this.flags.home, 'eventbus');
    const urls = Array.isArray(facts['urls']) ? facts['urls'].map(String) : [];
    return this.show(facts, () => fields({ Mode: String(facts['mode']), URLs: urls, Clients: String(facts['clients']) }));
  }
}
