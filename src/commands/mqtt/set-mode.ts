import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { broker } from '../../cli/flags.ts';
import { MQTT_MODES } from '../../config/mqtt-mode.ts';
import type { MqttMode } from '../../config/mqtt-mode.ts';
import type { SetModeResult } from '../../setup/mqtt-mode.ts';

const MEANING: Record<MqttMode, string> = {
  internal: "internal: kedge's own broker",
  external: 'external: another broker, such as mosquitto',
  both: 'both: the two, bridged',
};

export default class MqttSetMode extends BaseCommand<typeof MqttSetMode> {
  static override summary = "Change which MQTT broker this home's edge uses, without losing a message.";
  static override description =
    'The broker is logged in to before anything is changed. Certificates and password are copied into the home. A running edge changes over without a restart: it takes what the broker that it leaves had kept for it.';
  static override examples = [
    '<%= config.bin %> mqtt set-mode both --url mqtt://127.0.0.1:1883',
    '<%= config.bin %> mqtt set-mode external --url mqtts://broker.example --ca ca.crt --username edge --password-file pw',
    '<%= config.bin %> mqtt set-mode internal',
  ];
  static override args = { mode: Args.string({ options: [...MQTT_MODES], ignoreStdin: true, description: 'internal, external or both' }) };
  static override flags = {
    ...broker,
    'mqtt-port': Flags.integer({
      description: 'port of the embedded broker (repeatable; 0 chooses a free one); as configured if not given',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PORT',
      min: 0,
      max: 65_535,
    }),
    force: Flags.boolean({ description: 'do not log in to the broker first: it is away now' }),
  };

  override async run(): Promise<SetModeResult> {
    const { flags } = this;
    const mode = (this.args.mode ?? (await this.#askMode())) as MqttMode;
    const { setMqttMode } = await import('../../setup/mqtt-mode.ts');
    const { home, force, 'mqtt-port': ports } = flags;
    const result = await setMqttMode({ home, mode, force, ports, broker: flags, askUrl: () => this.#askUrl() }, this.ui);
    return this.show(result, () => `mode ${result.mode}\nMQTT: ${result.urls.join(', ')}`);
  }

  async #askMode(): Promise<string> {
    const { askChoice } = await import('../../cli/prompts.ts');
    const choices = MQTT_MODES.map((value) => ({ value, name: MEANING[value] }));
    return askChoice(this.ui, { message: 'Which broker?', flag: 'MODE', choices });
  }

  async #askUrl(): Promise<string> {
    const { askBrokerUrl } = await import('../../cli/prompts.ts');
    return askBrokerUrl(this.ui, '--url');
  }
}
