import { BaseCommand } from '../../../cli/base-command.ts';
import { file, namespaceOfFile, objectOutput } from '../../../cli/flags.ts';
import { names } from '../../../cli/output.ts';
import { askText } from '../../../cli/prompts.ts';
import { askApi } from '../../../client/answerer.ts';
import { createAll } from '../../../client/create-all.ts';
import { createOnce } from '../../../client/devices.ts';
import { lossLines, readDeviceModels, withLosses } from '../../../client/v1alpha2/read.ts';
import type { DeviceModel } from '../../../protocol/devices.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';

export default class DeviceModelCreate extends BaseCommand<typeof DeviceModelCreate> {
  static override summary = 'Create device models from a file.';
  static override examples = ['<%= config.bin %> device model create -f thermostat-model.yaml'];
  static override flags = { file: file(), namespace: namespaceOfFile, output: objectOutput };

  override async run(): Promise<DeviceModel[]> {
    const path = this.flags.file ?? (await askText(this.ui, { message: 'File with the device model', flag: '--file' }));
    const written = await readDeviceModels(path, this.flags.namespace);
    for (const line of lossLines(written)) this.ui.line(line);
    const made = await askApi(this.flags.home, (client) =>
      createAll(
        written.objects,
        (model) => createOnce(client, RESOURCES.deviceModel, model),
        (text) => this.ui.line(text),
      ),
    );
    const created = withLosses(made, written.losses);
    return this.show(created, (format) =>
      format === 'name'
        ? names(RESOURCES.deviceModel, created)
        : created.map(({ metadata }) => `device model ${metadata.name} is there`).join('\n'),
    );
  }
}
