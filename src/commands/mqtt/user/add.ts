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
  static override args = { name: Args.string({ ignoreStdin: true, description: 'name of the user' }) };
  static override flags = {
    'password-file': Flags.string({ description: 'file that holds the password, or - for standard input', helpValue: 'FILE' }),
  };

  override async run(): Promise<MqttUserResult> {
    const { setMqttUser } = await import('../../../client/mqtt-accounts.ts');
    const name = await this.#name();
    const result = await setMqttUser(this.flags.home, name, await this.#password(name));
    return this.show(result, () => (result.created ? `MQTT user ${result.name} added` : `MQTT user ${result.name} has another password`));
  }

  async #name(): Promise<string> {
    if (this.args.name !== undefined) return this.args.name;
    const { askText } = await import('../../../cli/prompts.ts');
    return askText(this.ui, { message: 'Name of the user', flag: 'NAME' });
  }

  async #password(name: string): Promise<string> {
    const file = this.flags['password-file'];
    if (file !== undefined) {
      const { readSecretText } = await import('../../../setup/token-file.ts');
      return readSecretText(file, 'password');
    }
    const { askSecret } = await import('../../../cli/prompts.ts');
    return askSecret(this.ui, { message: `Password of ${name}`, flag: '--password-file' });
  }
}
