import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { parseDuration } from '../../cli/duration.ts';
import { namespace } from '../../cli/flags.ts';
import { askChoice, askText, chooser, missing } from '../../cli/prompts.ts';
import { askApi } from '../../client/answerer.ts';
import { deviceChoices } from '../../client/choices.ts';
import { waitForReports } from '../../client/device-watch.ts';
import { setDesired } from '../../client/devices.ts';
import { parsePairs } from '../../client/pairs.ts';
import { settableProperties } from '../../client/settable.ts';
import { twinRows } from '../../client/twin-rows.ts';
import type { TwinRow } from '../../client/twin-rows.ts';
import type { KubeClient } from '../../kube/client.ts';

export default class DeviceSetTwin extends BaseCommand<typeof DeviceSetTwin> {
  static override summary = 'Set desired values of a device.';
  static override examples = [
    '<%= config.bin %> device set-twin thermostat temperature=22 --wait',
    '<%= config.bin %> device set-twin thermostat temperature=22 mode=eco --wait=5m',
  ];
  static override usage = 'device set-twin [NAME] [PROPERTY=VALUE...] [FLAGS]';
  // oclif lets nothing optional stand before what may be repeated.
  static override args = {
    name: Args.string({ ignoreStdin: true, multiple: true, description: 'the device, then desired values, each PROPERTY=VALUE' }),
  };
  static override flags = {
    namespace,
    wait: Flags.string({
      description: 'wait until the device reports these values, 30 s or as long as --wait=DURATION says',
      helpValue: '[=30s]',
    }),
  };

  override init(): Promise<void> {
    this.argv = this.argv.map((argument) => (argument === '--wait' ? '--wait=30s' : argument));
    return super.init();
  }

  override async run(): Promise<TwinRow[]> {
    const { home, namespace, wait } = this.flags;
    const words = this.args.name ?? [];
    const named = words[0]?.includes('=') === false ? words[0] : undefined;
    const choose = chooser(this.ui, named, 'NAME');
    const given = parsePairs(named === undefined ? words : words.slice(1), { example: 'temperature=22' });
    if (given.size === 0 && !this.ui.interactive) throw missing('PROPERTY=VALUE');
    const ms = wait === undefined ? undefined : parseDuration(wait);
    return askApi(home, async (client) => {
      const cloud = { at: 'cloud', client } as const;
      const name = await choose(deviceChoices(cloud, namespace));
      const values = given.size > 0 ? given : await this.#askValue(client, name);
      const changed = await setDesired(client, namespace, name, values);
      const view = ms === undefined ? changed : await waitForReports(client, changed.device, values, { ms, signal: this.interrupted });
      const rows = twinRows(view).filter(({ property }) => values.has(property));
      const told = ms === undefined ? 'desired' : 'desired and reported';
      return this.show(rows, () => rows.map(({ property, desired = '' }) => `${name}: ${property}=${desired} is ${told}`).join('\n'));
    });
  }

  /** One property and its value, within what the model allows. */
  async #askValue(client: KubeClient, name: string): Promise<Map<string, string>> {
    const flag = 'PROPERTY=VALUE';
    const properties = await settableProperties(client, this.flags.namespace, name);
    const choices = properties.map((property) => ({
      value: property.name,
      name: `${property.name} (${property.rule}), now ${property.desired ?? 'not set'}`,
    }));
    const chosen = await askChoice(this.ui, { message: 'Which property?', flag, choices });
    const property = properties.find((candidate) => candidate.name === chosen);
    const { desired, refusal, rule = '', values } = property ?? {};
    const question = { message: `Value of ${chosen} (${rule})`, flag };
    const value =
      values === undefined
        ? await askText(this.ui, { ...question, ...(desired !== undefined && { initial: desired }), ...(refusal && { check: refusal }) })
        : await askChoice(this.ui, { ...question, choices: values.map((one) => ({ value: one })) });
    return new Map([[chosen, value]]);
  }
}
