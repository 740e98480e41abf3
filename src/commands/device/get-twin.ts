import { Args } from '@oclif/core';
import { age } from '../../cli/age.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { at, namespace } from '../../cli/flags.ts';
import { chooser } from '../../cli/prompts.ts';
import { table } from '../../cli/table.ts';
import { ask } from '../../client/answerer.ts';
import { deviceChoices } from '../../client/choices.ts';
import { viewDevice } from '../../client/devices.ts';
import { twinRows } from '../../client/twin-rows.ts';
import type { TwinRow } from '../../client/twin-rows.ts';
import { KedgeError } from '../../kernel/errors.ts';

export default class DeviceGetTwin extends BaseCommand<typeof DeviceGetTwin> {
  static override summary = 'Show what is desired of a device and what it reports.';
  static override examples = [
    '<%= config.bin %> device get-twin thermostat',
    '<%= config.bin %> device get-twin thermostat temperature -o json',
  ];
  static override args = {
    name: Args.string({ ignoreStdin: true, description: 'the device' }),
    property: Args.string({ ignoreStdin: true, description: 'only this property' }),
  };
  static override flags = { namespace, at };

  override async run(): Promise<TwinRow[] | TwinRow> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { property } = this.args;
    const { at, home, namespace } = this.flags;
    const view = await ask(home, at, async (answerer) => viewDevice(answerer, namespace, await choose(deviceChoices(answerer, namespace))));
    const { name } = view.device.metadata;
    const rows = twinRows(view);
    if (property === undefined) return this.show(rows, () => twinTable(rows));
    const row = rows.find((candidate) => candidate.property === property);
    if (row === undefined)
      throw new KedgeError('NOT_FOUND', `device ${name} has no property ${property}`, { hint: `kedge device get-twin ${name}` });
    return this.show(row, () => twinTable([row]));
  }
}

function twinTable(rows: readonly TwinRow[]): string {
  const ago = (time: string | undefined): string | undefined => (time === undefined ? undefined : `${age(time) ?? ''} ago`);
  return table(rows, [
    { title: 'PROPERTY', value: ({ property }) => property },
    { title: 'DESIRED', value: ({ desired }) => desired },
    { title: 'REPORTED', value: ({ reported }) => reported },
    { title: 'TYPE', value: ({ type }) => type },
    { title: 'UPDATED', value: ({ updated }) => ago(updated) },
  ]);
}
