import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { askText } from '../../../cli/prompts.ts';
import { ACL_ACCESS } from '../../../protocol/mqtt-accounts.ts';
import type { AclRule } from '../../../protocol/mqtt-accounts.ts';

export default class MqttAclAdd extends BaseCommand<typeof MqttAclAdd> {
  static override summary = "Allow users of the edge's MQTT broker some topics.";
  static override description =
    'While there is no rule, every user may do everything. With the first one, a user may do what a rule allows, and nothing else. ' +
    'In the filter, %u stands for the name of the user and %c for the client id. Takes effect at once.';
  static override examples = [
    "<%= config.bin %> mqtt acl add 'home/%u/#'",
    "<%= config.bin %> mqtt acl add '$hw/events/device/default/kitchen/#' --user kitchen --access readwrite",
  ];
  static override args = { filter: Args.string({ ignoreStdin: true, description: 'topic filter' }) };
  static override flags = {
    user: Flags.string({ description: 'the only user it is for; all users if not given', helpValue: 'NAME' }),
    access: Flags.option({ description: 'what is allowed', options: ACL_ACCESS, default: 'readwrite' as const })(),
  };

  override async run(): Promise<AclRule> {
    const { setAclRule } = await import('../../../client/mqtt-accounts.ts');
    const { user = '', access } = this.flags;
    const filter = this.args.filter ?? (await askText(this.ui, { message: 'Topic filter, as in home/%u/#', flag: 'FILTER' }));
    const rule = { user, access, filter };
    await setAclRule(this.flags.home, rule);
    return this.show(rule, () => `${user === '' ? 'all users' : `user ${user}`}: ${access} ${rule.filter}`);
  }
}
