import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { namespace } from '../../../cli/flags.ts';
import { chooser, confirm } from '../../../cli/prompts.ts';
import { askApi } from '../../../client/answerer.ts';
import { modelChoices } from '../../../client/choices.ts';
import { deleteModel, getModel } from '../../../client/device-models.ts';

export default class DeviceModelDelete extends BaseCommand<typeof DeviceModelDelete> {
  static override summary = 'Delete a device model that no device uses.';
  static override examples = ['<%= config.bin %> device model delete thermostat --yes'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the device model' }) };
  static override flags = { namespace };

  override async run(): Promise<{ deleted: string }> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { home, namespace } = this.flags;
    const deleted = await askApi(home, async (client) => {
      const name = await choose(modelChoices(client, namespace));
      await getModel(client, namespace, name);
      if (!(await confirm(this.ui, `Delete device model ${name}?`))) return '';
      await deleteModel(client, namespace, name);
      return name;
    });
    return this.show({ deleted }, () => (deleted === '' ? 'nothing is deleted' : `device model ${deleted} is deleted`));
  }
}
