import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { editUntilApplied } from '../../cli/edit-loop.ts';
import { namespace, objectOutput } from '../../cli/flags.ts';
import { names } from '../../cli/output.ts';
import { chooser } from '../../cli/prompts.ts';
import { askApi } from '../../client/answerer.ts';
import { checkDeviceSpec } from '../../client/check-spec.ts';
import { deviceChoices } from '../../client/choices.ts';
import { checkReferences, getDevice } from '../../client/devices.ts';
import { applyEdited, editableText, readEdited } from '../../client/edit-object.ts';
import type { Device } from '../../protocol/devices.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';

export default class DeviceEdit extends BaseCommand<typeof DeviceEdit> {
  static override summary = 'Change a device in an editor.';
  static override description =
    'Opens KEDGE_EDITOR, VISUAL or EDITOR, else vi or nano, on its labels, annotations and spec. What cannot be applied is opened again with the reason.';
  static override examples = ['<%= config.bin %> device edit thermostat', 'EDITOR="code --wait" <%= config.bin %> device edit thermostat'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the device' }) };
  static override flags = { namespace, output: objectOutput };

  override async run(): Promise<Device> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { home, namespace } = this.flags;
    const resource = RESOURCES.device;
    return askApi(home, async (client) => {
      const cloud = { at: 'cloud', client } as const;
      const name = await choose(deviceChoices(cloud, namespace));
      const device = await getDevice(cloud, namespace, name);
      const apply = async (text: string): Promise<Device> => {
        const edited = checkDeviceSpec(await readEdited(text, resource, device));
        await checkReferences(client, edited);
        return applyEdited(client, resource, device, edited);
      };
      const changed = await editUntilApplied(this.ui, { what: `device ${name}`, text: await editableText(resource, device), apply });
      return this.show(changed ?? device, (format) =>
        format === 'name' ? names(resource, [device]) : `device ${name} ${changed === undefined ? 'is left as it was' : 'is changed'}`,
      );
    });
  }
}
