import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { age } from '../../cli/age.ts';
import { at, namespace } from '../../cli/flags.ts';
import { chooser } from '../../cli/prompts.ts';
import { table } from '../../cli/table.ts';
import { ask } from '../../client/answerer.ts';
import { deviceChoices } from '../../client/choices.ts';
import { viewDevice } from '../../client/devices.ts';
import { twinRows } from '../../client/twin-rows.ts';
import type { TwinRow } from '../../client/twin-rows.ts';
import { sameValue } from '../../protocol/twin-value.ts';
import { KedgeError } from '../../kernel/errors.ts';

export default class DeviceDiff extends BaseCommand<typeof DeviceDiff> {
  static override summary = 'Show where a device does not report what is desired.';
  static override description =
    'Exit status 0 if it reports all that is desired, 7 if it does not. Properties of which nothing is desired do not count; 22.0 is 22 for numbers.';
  static override examples = ['<%= config.bin %> device diff thermostat', '<%= config.bin %> device diff thermostat -o json'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the device' }) };
  static override flags = { namespace, at };

  override async run(): Promise<TwinRow[]> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { at, home, namespace } = this.flags;
    const view = await ask(home, at, async (answerer) => viewDevice(answerer, namespace, await choose(deviceChoices(answerer, namespace))));
    const { name } = view.device.metadata;
    const rows = twinRows(view).filter(({ desired, reported = '', type }) => desired !== undefined && !sameValue(type, desired, reported));
    await this.show(rows, () => (rows.length === 0 ? `${name} reports what is desired` : table(rows, COLUMNS)));
    if (rows.length === 0) return rows;
    const properties = rows.map(({ property }) => property).join(', ');
    throw new KedgeError('CHECK_WARNINGS', `device ${name} does not report what is desired of ${properties}`, {
      hint: `kedge device watch ${name}`,
    });
  }
}

const COLUMNS = [
  { title: 'PROPERTY', value: ({ property }: TwinRow) => property },
  { title: 'DESIRED', value: ({ desired }: TwinRow) => desired },
  { title: 'REPORTED', value: ({ reported }: TwinRow) => reported },
  { title: 'TYPE', value: ({ type }: TwinRow) => type },
  { title: 'UPDATED', value: ({ updated }: TwinRow) => updated && `${age(updated) ?? ''} ago` },
];
