import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { broker } from '../../cli/flags.ts';
import { KedgeError } from '../../kernel/errors.ts';

interface Published {
  readonly url: string;
  readonly topic: string;
  readonly bytes: number;
  readonly qos: number;
  readonly retain: boolean;
}

export default class MqttPub extends BaseCommand<typeof MqttPub> {
  static override summary = "Publish a message to the broker of this home's edge, or to another one.";
  static override description =
    'The message is the argument, a file, or standard input. With QoS 1 or 2 it succeeds once the broker has it.';
  static override examples = [
    `<%= config.bin %> mqtt pub '$hw/events/device/default/thermostat/twin/update' '{"twin":{"temperature":{"actual":{"value":"21"}}}}'`,
    'echo hello | <%= config.bin %> mqtt pub default/user/greeting --url mqtt://127.0.0.1:1883',
  ];
  static override args = {
    topic: Args.string({ ignoreStdin: true, description: 'the topic' }),
    message: Args.string({ ignoreStdin: true, description: 'the message; standard input if not given' }),
  };
  static override flags = {
    file: Flags.string({ char: 'f', description: 'file that holds the message, or - for standard input', helpValue: 'FILE' }),
    qos: Flags.option({ char: 'q', description: 'quality of service', options: ['0', '1', '2'] as const, default: '1' })(),
    retain: Flags.boolean({ char: 'r', description: 'the broker keeps it for those who subscribe later', default: false }),
    ...broker,
  };

  override async run(): Promise<Published> {
    const { file, retain, qos: level, home, 'no-input': noInput, ...choice } = this.flags;
    if (this.args.message !== undefined && file !== undefined) throw new KedgeError('USAGE', 'a message and --file are given');
    const topic = this.args.topic ?? (await this.#ask('Topic', 'TOPIC'));
    if (topic === '' || /[+#]/.test(topic)) {
      throw new KedgeError('INVALID_INPUT', 'a message is published to one topic: it is not empty and holds no + or #', {
        hint: 'kedge mqtt topics shows those of this edge',
      });
    }
    const payload = await this.#payload(file, noInput);
    const [{ findBroker }, { MqttClient }] = await Promise.all([import('../../client/edge-broker.ts'), import('../../mqtt/client.ts')]);
    const { url, ...identity } = await findBroker(home, choice);
    const qos = Number(level) as 0 | 1 | 2;
    const client = await MqttClient.connect(url, { ...identity, reconnect: false });
    await client.publish(topic, payload, { qos, retain });
    await client.end();
    const published = { url, topic, bytes: payload.length, qos, retain };
    return this.show(published, () => `${payload.length} bytes to ${topic} at ${url}`);
  }

  async #payload(file: string | undefined, noInput: boolean): Promise<Buffer> {
    const { message } = this.args;
    if (message !== undefined) return Buffer.from(message);
    if (file === undefined && process.stdin.isTTY && !noInput) return Buffer.from(await this.#ask('Message', 'MESSAGE'));
    const { readFile } = await import('node:fs/promises');
    return readFile(file === undefined || file === '-' ? '/dev/stdin' : file).catch((error: unknown) => {
      throw new KedgeError('INVALID_INPUT', 'the message cannot be read', { cause: error });
    });
  }

  async #ask(message: string, flag: string): Promise<string> {
    const { askText } = await import('../../cli/prompts.ts');
    return askText(this.ui, { message, flag });
  }
}
