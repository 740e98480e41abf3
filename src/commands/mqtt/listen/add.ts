import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { askText } from '../../../cli/prompts.ts';
import type { MqttListenResult } from '../../../setup/mqtt-listen.ts';

export default class MqttListenAdd extends BaseCommand<typeof MqttListenAdd> {
  static override summary = "Let the edge's MQTT broker listen on one more address, with TLS for mqtts://.";
  static override description =
    'Without --cert and --key kedge makes a CA and a certificate, and shows the file of the CA, which clients must trust. On an address ' +
    'that is not a loopback one every client needs a user (kedge mqtt user add) or a certificate of --client-ca. A running edge changes over ' +
    'at once, and its clients connect again. Run it again with the same address when its certificate files hold something new.';
  static override examples = [
    '<%= config.bin %> mqtt listen add mqtts://0.0.0.0:8883',
    '<%= config.bin %> mqtt listen add mqtts://0.0.0.0:8883 --cert edge.crt --key edge.key',
  ];
  static override args = { url: Args.string({ ignoreStdin: true, description: 'mqtt://ADDRESS:PORT or mqtts://ADDRESS:PORT' }) };
  static override flags = {
    cert: Flags.string({ description: 'certificate of the broker (PEM)', helpValue: 'FILE', dependsOn: ['key'] }),
    key: Flags.string({ description: 'its key (PEM)', helpValue: 'FILE', dependsOn: ['cert'] }),
    'client-ca': Flags.string({ description: 'CA of client certificates, whose CN is the user name', helpValue: 'FILE' }),
    host: Flags.string({
      description: 'another name for the certificate that kedge makes (repeatable)',
      helpValue: 'HOST',
      multiple: true,
      multipleNonGreedy: true,
    }),
  };

  override async run(): Promise<MqttListenResult> {
    const { addMqttListener } = await import('../../../setup/mqtt-listen.ts');
    const { cert, key, host: hosts, 'client-ca': clientCa } = this.flags;
    const given =
      this.args.url ?? (await askText(this.ui, { message: 'Address (mqtts://ADDRESS:8883, or mqtt:// without TLS)', flag: 'URL' }));
    const result = await addMqttListener(this.flags.home, { url: given, cert, key, clientCa, hosts }, this.ui);
    const { url, ca, active } = result;
    const said = `the MQTT broker ${active ? 'listens' : 'will listen'} on ${url}`;
    return this.show(result, () => [said, ...(ca === undefined ? [] : [`CA for clients: ${ca}`])].join('\n'));
  }
}
