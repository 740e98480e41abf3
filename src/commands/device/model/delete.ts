import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { namespace } from '../../../cli/flags.ts';
import { confirm } from '../../../cli/prompts.ts';
import { askApi } from '../../../client/answerer.ts';
import { deleteModel, getModel } from '../../../client/device-models.ts';

export default class DeviceModelDelete extends BaseCommand<typeof DeviceModelDelete> {
  static override summary = 'Delete a device model that no device uses.';
  static override examples = ['<%= config.bin %> device model delete thermostat --yes'];
  static override args = { name: Args.string({ required: true, ignoreStdin: true, description: 'the device model' }) };
  static override flags = { namespace };

  override async run(): Promise<{ deleted: string }> {
    const { name } = this.args;
    const deleted = await askApi(this.flags.home, async (client) => {
      await getModel(client, this.flags.namespace, name);
      if (!(await confirm(this.ui, `Delete device model ${name}?`))) return false;
      await deleteModel(client, this.flags.namespace, name);
      return true;
    });
    return this.show({ deleted: deleted ? name : '' }, () => (deleted ? `device model ${name} is deleted` : 'nothing is deleted'));
  }
}
