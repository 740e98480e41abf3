import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { chooser } from '../../../cli/prompts.ts';

export default class MqttAclDelete extends BaseCommand<typeof MqttAclDelete> {
  static override summary = "Delete a rule of the edge's MQTT broker.";
  static override description = 'Takes effect at once. After the last rule every user may do everything again.';
  static override examples = ["<%= config.bin %> mqtt acl delete 'home/%u/#'"];
  static override args = { filter: Args.string({ ignoreStdin: true, description: 'topic filter of the rule' }) };
  static override flags = { user: Flags.string({ description: 'the user of the rule; all users if not given', helpValue: 'NAME' }) };

  override async run(): Promise<{ user: string; deleted: string }> {
    const choose = chooser(this.ui, this.args.filter, 'FILTER');
    const { aclRuleChoices, deleteAclRule } = await import('../../../client/mqtt-accounts.ts');
    const { home, user = '' } = this.flags;
    const filter = await choose(aclRuleChoices(home, user));
    await deleteAclRule(home, user, filter);
    return this.show({ user, deleted: filter }, () => `rule ${filter} deleted`);
  }
}
