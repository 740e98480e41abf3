import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { file, namespaceOfFile, objectOutput } from '../../cli/flags.ts';
import { names } from '../../cli/output.ts';
import { askText, chooser } from '../../cli/prompts.ts';
import { askApi } from '../../client/answerer.ts';
import { modelChoices, nodeChoices } from '../../client/choices.ts';
import { createAll } from '../../client/create-all.ts';
import { draftDevice } from '../../client/device-draft.ts';
import { getModel } from '../../client/device-models.ts';
import { createDevice } from '../../client/devices.ts';
import { parsePairs } from '../../client/pairs.ts';
import { lossLines, readDevices, withLosses } from '../../client/v1alpha2/read.ts';
import type { WrittenObjects } from '../../client/v1alpha2/read.ts';
import { KedgeError } from '../../kernel/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import { unlessMissing } from '../../kube/unless-missing.ts';
import { isObjectName } from '../../protocol/kube-object.ts';
import type { Device } from '../../protocol/devices.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';

export default class DeviceCreate extends BaseCommand<typeof DeviceCreate> {
  static override summary = 'Create a device, from flags, a file or answers.';
  static override examples = [
    '<%= config.bin %> device create kitchen --model thermostat --node edge-1 --property temperature=22',
    '<%= config.bin %> device create -f devices.yaml',
  ];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the device' }) };
  static override flags = {
    model: Flags.string({ description: 'its device model', helpValue: 'MODEL' }),
    node: Flags.string({ description: 'the node that it is attached to', helpValue: 'NODE' }),
    property: Flags.string({
      description: 'a desired value; may be repeated',
      helpValue: 'NAME=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    protocol: Flags.string({ description: "the protocol of its mapper, if not the model's", helpValue: 'NAME' }),
    file: file(),
    namespace: namespaceOfFile,
    output: objectOutput,
  };

  override async run(): Promise<Device[]> {
    const { file: path } = this.flags;
    const written = path === undefined ? undefined : await this.#read(path);
    const made = await askApi(this.flags.home, async (client) =>
      createAll(
        written?.objects ?? [await this.#draft(client)],
        (device) => createDevice(client, device),
        (text) => this.ui.line(text),
      ),
    );
    const created = withLosses(made, written?.losses ?? []);
    return this.show(created, (format) =>
      format === 'name'
        ? names(RESOURCES.device, created)
        : created.map(({ metadata, spec }) => `device ${metadata.name} is there, on node ${spec?.nodeName ?? '<none>'}`).join('\n'),
    );
  }

  async #read(path: string): Promise<WrittenObjects<Device>> {
    const { model, node, property, protocol } = this.flags;
    const others = Object.entries({
      NAME: this.args.name,
      '--model': model,
      '--node': node,
      '--property': property,
      '--protocol': protocol,
    });
    const other = others.find(([, value]) => value !== undefined)?.[0];
    if (other !== undefined) throw new KedgeError('USAGE', `${other} and --file exclude each other: the file says it all`);
    const written = await readDevices(path, this.flags.namespace);
    for (const line of lossLines(written)) this.ui.line(line);
    return written;
  }

  /** From the flags; what is missing is asked for. */
  async #draft(client: KubeClient): Promise<Device> {
    const { model, namespace = 'default', node, protocol } = this.flags;
    const choose = { model: chooser(this.ui, model, '--model'), node: chooser(this.ui, node, '--node') };
    const desired = parsePairs(this.flags.property ?? [], { example: '--property temperature=22' });
    const name = this.args.name ?? (await this.#askName(client, namespace));
    const modelName = await choose.model(modelChoices(client, namespace));
    const nodeName = await choose.node(nodeChoices(client));
    return draftDevice({ name, namespace, model: await getModel(client, namespace, modelName), nodeName, protocolName: protocol, desired });
  }

  async #askName(client: KubeClient, namespace: string): Promise<string> {
    const check = async (name: string): Promise<string | undefined> => {
      if (!isObjectName(name)) return 'lower-case letters, digits, - and . only';
      const taken = await unlessMissing(client.get(RESOURCES.device, name, namespace));
      return taken && `there is a device ${name} in namespace ${namespace} already`;
    };
    return askText(this.ui, { message: 'Name of the device', flag: 'NAME', check });
  }
}
