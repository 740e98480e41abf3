import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { namespace, objectOutput } from '../../../cli/flags.ts';
import { names } from '../../../cli/output.ts';
import { chooser } from '../../../cli/prompts.ts';
import { table } from '../../../cli/table.ts';
import { askApi } from '../../../client/answerer.ts';
import { modelChoices } from '../../../client/choices.ts';
import { getModel } from '../../../client/device-models.ts';
import type { DeviceModel } from '../../../protocol/devices.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';

export default class DeviceModelGet extends BaseCommand<typeof DeviceModelGet> {
  static override summary = 'Show a device model and its properties.';
  static override examples = ['<%= config.bin %> device model get thermostat'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the device model' }) };
  static override flags = { namespace, output: objectOutput };

  override async run(): Promise<DeviceModel> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { home, namespace } = this.flags;
    const model = await askApi(home, async (client) => getModel(client, namespace, await choose(modelChoices(client, namespace))));
    return this.show(model, (format) => (format === 'name' ? names(RESOURCES.deviceModel, [model]) : propertyTable(model)));
  }
}

function propertyTable({ spec }: DeviceModel): string {
  return table(spec?.properties ?? [], [
    { title: 'PROPERTY', value: ({ name }) => name },
    { title: 'TYPE', value: ({ type }) => type },
    { title: 'ACCESS', value: ({ accessMode }) => accessMode },
    { title: 'MINIMUM', value: ({ minimum }) => minimum },
    { title: 'MAXIMUM', value: ({ maximum }) => maximum },
    { title: 'UNIT', value: ({ unit }) => unit },
  ]);
}
