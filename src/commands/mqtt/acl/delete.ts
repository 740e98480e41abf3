import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';

export default class MqttAclDelete extends BaseCommand<typeof MqttAclDelete> {
  static override summary = "Delete a rule of the edge's MQTT broker.";
  static override description = 'Takes effect at once. After the last rule every user may do everything again.';
  static override examples = ["<%= config.bin %> mqtt acl delete 'home/%u/#'"];
  static override args = { filter: Args.string({ description: 'topic filter of the rule', required: true }) };
  static override flags = { user: Flags.string({ description: 'the user of the rule; all users if not given', helpValue: 'NAME' }) };

  override async run(): Promise<{ user: string; deleted: string }> {
    const { deleteAclRule } = await import('../../../client/mqtt-accounts.ts');
    const { user = '' } = this.flags;
    await deleteAclRule(this.flags.home, user, this.args.filter);
    return this.show({ user, deleted: this.args.filter }, () => `rule ${this.args.filter} deleted`);
  }
}
