import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { namespace } from '../../cli/flags.ts';
import { confirm } from '../../cli/prompts.ts';
import { askApi } from '../../client/answerer.ts';
import { getDevice } from '../../client/devices.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';

export default class DeviceDelete extends BaseCommand<typeof DeviceDelete> {
  static override summary = 'Delete a device.';
  static override examples = ['<%= config.bin %> device delete thermostat --yes'];
  static override args = { name: Args.string({ required: true, ignoreStdin: true, description: 'the device' }) };
  static override flags = { namespace };

  override async run(): Promise<{ deleted: string }> {
    const { name } = this.args;
    const deleted = await askApi(this.flags.home, async (client) => {
      await getDevice({ at: 'cloud', client }, this.flags.namespace, name);
      if (!(await confirm(this.ui, `Delete device ${name}?`))) return false;
      await client.delete(RESOURCES.device, name, this.flags.namespace);
      return true;
    });
    return this.show({ deleted: deleted ? name : '' }, () => (deleted ? `device ${name} is deleted` : 'nothing is deleted'));
  }
}
