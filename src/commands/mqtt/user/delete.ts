import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';

export default class MqttUserDelete extends BaseCommand<typeof MqttUserDelete> {
  static override summary = "Delete a user of the edge's MQTT broker, with its rules and sessions.";
  static override description = 'Its connections end at once.';
  static override examples = ['<%= config.bin %> mqtt user delete kitchen'];
  static override args = { name: Args.string({ description: 'name of the user', required: true }) };

  override async run(): Promise<{ deleted: string }> {
    const { deleteMqttUser } = await import('../../../client/mqtt-accounts.ts');
    await deleteMqttUser(this.flags.home, this.args.name);
    return this.show({ deleted: this.args.name }, () => `MQTT user ${this.args.name} deleted`);
  }
}
