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
import { propertyStates } from '../../client/desired-state.ts';
import type { PropertyState } from '../../client/desired-state.ts';
import { stateOf } from '../../client/twin-rows.ts';
import type { DeviceView } from '../../client/twin-rows.ts';
import type { Device } from '../../protocol/devices.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';

export default class DeviceGet extends BaseCommand<typeof DeviceGet> {
  static override summary = 'Show a device.';
  static override description =
    'Of each desired value it tells whether it is pending, applied or rejected, since when and why; -o json has it in `properties`, -o yaml is the object alone.';
  static override examples = ['<%= config.bin %> device get thermostat -o yaml'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the device' }) };
  static override flags = { namespace, at, output: objectOutput };

  override async run(): Promise<Device & { properties?: PropertyState[] }> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { at, home, namespace } = this.flags;
    const view = await ask(home, at, async (answerer) => viewDevice(answerer, namespace, await choose(deviceChoices(answerer, namespace))));
    const properties = propertyStates(view);
    // As YAML it is a file that may be applied again.
    const shown = this.flags.output === 'json' ? { ...view.device, properties } : view.device;
    return this.show(shown, (format) => (format === 'name' ? names(RESOURCES.device, [view.device]) : describe(view, properties)));
  }
}

function describe(view: DeviceView, properties: readonly PropertyState[]): string {
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
    Twins: properties.map(twinLine),
  });
}

function twinLine({ property, desired = '-', reported = '-', status, since, reason, warning }: PropertyState): string {
  const ago = since === undefined ? '' : ` since ${since} (${age(since) ?? ''} ago)`;
  const state = status === undefined ? '' : `, ${status}${ago}${reason === undefined ? '' : `: ${reason}`}`;
  return `${property}: desired ${desired}, reported ${reported}${warning === undefined ? '' : ` (${warning})`}${state}`;
}
