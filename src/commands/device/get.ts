import { Args } from '@oclif/core';
import { age } from '../../cli/age.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { fields } from '../../cli/fields.ts';
import { at, namespace, objectOutput } from '../../cli/flags.ts';
import { names } from '../../cli/output.ts';
import { chooser } from '../../cli/prompts.ts';
import { ask } from '../../client/answerer.ts';
import { deviceChoices } from '../../client/choices.ts';
import { viewDevice } from '../../client/devices.ts';
import { stateOf, twinRows } from '../../client/twin-rows.ts';
import type { DeviceView } from '../../client/twin-rows.ts';
import type { Device } from '../../protocol/devices.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';

export default class DeviceGet extends BaseCommand<typeof DeviceGet> {
  static override summary = 'Show a device.';
  static override examples = ['<%= config.bin %> device get thermostat -o yaml'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the device' }) };
  static override flags = { namespace, at, output: objectOutput };

  override async run(): Promise<Device> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { at, home, namespace } = this.flags;
    const view = await ask(home, at, async (answerer) => viewDevice(answerer, namespace, await choose(deviceChoices(answerer, namespace))));
    return this.show(view.device, (format) => (format === 'name' ? names(RESOURCES.device, [view.device]) : describe(view)));
  }
}

function describe(view: DeviceView): string {
  const { metadata, spec, status } = view.device;
  return fields({
    Name: metadata.name,
    Namespace: metadata.namespace,
    Model: spec?.deviceModelRef?.name,
    Node: spec?.nodeName,
    Protocol: spec?.protocol?.protocolName,
    State: stateOf(view),
    'Last online': view.status?.status?.lastOnlineTime ?? status?.lastOnlineTime,
    Age: age(metadata.creationTimestamp),
    Twins: twinRows(view).map(({ property, desired = '-', reported = '-' }) => `${property}: desired ${desired}, reported ${reported}`),
  });
}
