import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { parseDuration } from '../../cli/duration.ts';
import { broker } from '../../cli/flags.ts';
import { render } from '../../cli/output.ts';
import { payloadFields, payloadLine } from '../../cli/payload.ts';
import { visible } from '../../cli/table.ts';
import { colorsFor } from '../../cli/ui.ts';
import { KedgeError } from '../../kernel/errors.ts';
import type { MqttMessage } from '../../mqtt/message.ts';

/** MQTT's # leaves out what begins with $. */
const EVERYTHING = ['#', '$hw/#', '$ke/#'];

export default class MqttSub extends BaseCommand<typeof MqttSub> {
  static override summary = "Show the messages of the broker of this home's edge, or of another one, until Ctrl-C.";
  static override description = 'Without a topic, all of them. With -o json, one JSON document a line.';
  static override examples = [
    '<%= config.bin %> mqtt sub',
    `<%= config.bin %> mqtt sub '$hw/events/device/default/thermostat/#' -o json`,
    `<%= config.bin %> mqtt sub 'sensors/+/state' --count 1 --timeout 30s --url mqtt://127.0.0.1:1883`,
  ];
  static override args = {
    topics: Args.string({ ignoreStdin: true, multiple: true, description: 'topics; + stands for one level, # for all that follow' }),
  };
  static override flags = {
    count: Flags.integer({ char: 'c', description: 'end after so many messages', helpValue: 'NUMBER', min: 1 }),
    timeout: Flags.string({ description: 'end after this time; a failure if --count is not reached by then', helpValue: 'DURATION' }),
    ...broker,
  };

  override async run(): Promise<void> {
    const { count = Infinity, timeout, home, ...choice } = this.flags;
    const ms = timeout === undefined ? undefined : parseDuration(timeout);
    const [{ findBroker }, { MqttClient }] = await Promise.all([import('../../client/edge-broker.ts'), import('../../mqtt/client.ts')]);
    const { url, ...identity } = await findBroker(home, choice);
    const client = await MqttClient.connect(url, identity);
    let shown = 0;
    let printed = Promise.resolve();
    const done = new Promise<void>((resolve) => {
      client.onMessage((message) => {
        if (shown >= count) return;
        shown += 1;
        printed = printed.then(async () => this.log(await this.#format(message)));
        if (shown >= count) resolve();
      });
    });
    let isOver = false;
    client.onClose(() => {
      if (!isOver) this.ui.line(this.ui.colors.dim(`the connection to ${url} is lost, trying again`));
    });
    await client.subscribe(this.args.topics ?? EVERYTHING);
    const late = await Promise.race([done.then(() => false), this.#ended(ms)]);
    await printed;
    isOver = true;
    await client.end(true);
    this.interrupted.throwIfAborted();
    if (late && count !== Infinity)
      throw new KedgeError('TIMEOUT', `${shown} of ${count} messages came within ${timeout ?? ''}`, { hint: 'kedge mqtt topics' });
  }

  /** True once the time is up, false once a person ends it. */
  #ended(ms: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      this.interrupted.addEventListener('abort', () => resolve(false), { once: true });
      if (ms !== undefined) setTimeout(() => resolve(true), ms);
    });
  }

  async #format({ topic, payload, qos, retain }: MqttMessage): Promise<string> {
    const time = new Date();
    const document = { time: time.toISOString(), topic, qos, retain, ...payloadFields(payload) };
    if (this.flags.output === 'json') return JSON.stringify(document);
    if (this.flags.output === 'yaml') return `---\n${await render(document, 'yaml', () => '')}`;
    const { cyan, dim } = colorsFor(process.stdout, this.flags['no-color']);
    return `${dim(time.toTimeString().slice(0, 8))}  ${cyan(visible(topic))}${retain ? ' (retained)' : ''}  ${payloadLine(payload)}`;
  }
}
