import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { chooser } from '../../../cli/prompts.ts';
import type { MqttListenResult } from '../../../setup/mqtt-listen.ts';

export default class MqttListenDelete extends BaseCommand<typeof MqttListenDelete> {
  static override summary = "Take an address of the edge's MQTT broker away.";
  static override description = 'A running edge changes over at once, and its clients connect again.';
  static override examples = ['<%= config.bin %> mqtt listen delete mqtts://0.0.0.0:8883'];
  static override args = { url: Args.string({ ignoreStdin: true, description: 'as mqtt listen list shows it' }) };

  override async run(): Promise<MqttListenResult> {
    const { removeMqttListener } = await import('../../../setup/mqtt-listen.ts');
    const choose = chooser(this.ui, this.args.url, 'URL');
    const { mqttListenerChoices } = await import('../../../client/mqtt-listeners.ts');
    const result = await removeMqttListener(this.flags.home, await choose(mqttListenerChoices(this.flags.home)), this.ui);
    return this.show(result, () => `the MQTT broker ${result.active ? 'no longer listens' : 'will not listen'} on ${result.url}`);
  }
}
