import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { chooser } from '../../../cli/prompts.ts';

export default class MqttUserDelete extends BaseCommand<typeof MqttUserDelete> {
  static override summary = "Delete a user of the edge's MQTT broker, with its rules and sessions.";
  static override description = 'Its connections end at once.';
  static override examples = ['<%= config.bin %> mqtt user delete kitchen'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'name of the user' }) };

  override async run(): Promise<{ deleted: string }> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { deleteMqttUser, mqttUserChoices } = await import('../../../client/mqtt-accounts.ts');
    const name = await choose(mqttUserChoices(this.flags.home));
    await deleteMqttUser(this.flags.home, name);
    return this.show({ deleted: name }, () => `MQTT user ${name} deleted`);
  }
}
