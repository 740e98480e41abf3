import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { editUntilApplied } from '../../../cli/edit-loop.ts';
import { namespace, objectOutput } from '../../../cli/flags.ts';
import { names } from '../../../cli/output.ts';
import { chooser } from '../../../cli/prompts.ts';
import { askApi } from '../../../client/answerer.ts';
import { checkModelSpec } from '../../../client/check-spec.ts';
import { modelChoices } from '../../../client/choices.ts';
import { getModel } from '../../../client/device-models.ts';
import { applyEdited, editableText, readEdited } from '../../../client/edit-object.ts';
import type { DeviceModel } from '../../../protocol/devices.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';

export default class DeviceModelEdit extends BaseCommand<typeof DeviceModelEdit> {
  static override summary = 'Change a device model in an editor.';
  static override description =
    'Opens KEDGE_EDITOR, VISUAL or EDITOR, else vi or nano, on its labels, annotations and spec. What cannot be applied is opened again with the reason.';
  static override examples = ['<%= config.bin %> device model edit thermostat'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the device model' }) };
  static override flags = { namespace, output: objectOutput };

  override async run(): Promise<DeviceModel> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { home, namespace } = this.flags;
    const resource = RESOURCES.deviceModel;
    return askApi(home, async (client) => {
      const name = await choose(modelChoices(client, namespace));
      const model = await getModel(client, namespace, name);
      const apply = async (text: string): Promise<DeviceModel> =>
        applyEdited(client, resource, model, checkModelSpec(await readEdited(text, resource, model)));
      const changed = await editUntilApplied(this.ui, { what: `device model ${name}`, text: await editableText(resource, model), apply });
      return this.show(changed ?? model, (format) =>
        format === 'name' ? names(resource, [model]) : `device model ${name} ${changed === undefined ? 'is left as it was' : 'is changed'}`,
      );
    });
  }
}
