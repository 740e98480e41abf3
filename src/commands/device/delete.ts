import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { namespace } from '../../cli/flags.ts';
import { chooser, confirm } from '../../cli/prompts.ts';
import { askApi } from '../../client/answerer.ts';
import { deviceChoices } from '../../client/choices.ts';
import { getDevice } from '../../client/devices.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';

export default class DeviceDelete extends BaseCommand<typeof DeviceDelete> {
  static override summary = 'Delete a device.';
  static override examples = ['<%= config.bin %> device delete thermostat --yes'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the device' }) };
  static override flags = { namespace };

  override async run(): Promise<{ deleted: string }> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { home, namespace } = this.flags;
    const deleted = await askApi(home, async (client) => {
      const cloud = { at: 'cloud', client } as const;
      const name = await choose(deviceChoices(cloud, namespace));
      await getDevice(cloud, namespace, name);
      if (!(await confirm(this.ui, `Delete device ${name}?`))) return '';
      await client.delete(RESOURCES.device, name, namespace);
      return name;
    });
    return this.show({ deleted }, () => (deleted === '' ? 'nothing is deleted' : `device ${deleted} is deleted`));
  }
}
