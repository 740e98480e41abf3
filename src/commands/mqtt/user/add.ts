import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import type { MqttUserResult } from '../../../protocol/mqtt-accounts.ts';

export default class MqttUserAdd extends BaseCommand<typeof MqttUserAdd> {
  static override summary = "Add a user of the edge's MQTT broker, or give one another password.";
  static override description = 'Takes effect at once. Connections that are open stay.';
  static override examples = [
    '<%= config.bin %> mqtt user add kitchen',
    'printf secret | <%= config.bin %> mqtt user add kitchen --password-file -',
  ];
  static override args = { name: Args.string({ description: 'name of the user', required: true }) };
  static override flags = {
    'password-file': Flags.string({ description: 'file that holds the password, or - for standard input', helpValue: 'FILE' }),
  };

  override async run(): Promise<MqttUserResult> {
    const { setMqttUser } = await import('../../../client/mqtt-accounts.ts');
    const result = await setMqttUser(this.flags.home, this.args.name, await this.#password());
    return this.show(result, () => (result.created ? `MQTT user ${result.name} added` : `MQTT user ${result.name} has another password`));
  }

  async #password(): Promise<string> {
    const file = this.flags['password-file'];
    if (file !== undefined) {
      const { readSecretText } = await import('../../../setup/token-file.ts');
      return readSecretText(file, 'password');
    }
    const { askSecret } = await import('../../../cli/prompts.ts');
    return askSecret(this.ui, { message: `Password of ${this.args.name}`, flag: '--password-file' });
  }
}
