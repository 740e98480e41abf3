import { age } from '../../cli/age.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { allNamespaces, at, namespace, objectOutput } from '../../cli/flags.ts';
import { names } from '../../cli/output.ts';
import { table } from '../../cli/table.ts';
import type { Column } from '../../cli/table.ts';
import { ask } from '../../client/answerer.ts';
import { listDevices } from '../../client/devices.ts';
import { stateOf, twinRows } from '../../client/twin-rows.ts';
import type { DeviceView } from '../../client/twin-rows.ts';
import type { Device } from '../../protocol/devices.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';
import type { KubeList } from '../../protocol/kubernetes.ts';

export default class DeviceList extends BaseCommand<typeof DeviceList> {
  static override summary = 'List the devices.';
  static override examples = ['<%= config.bin %> device list -o wide'];
  static override flags = { namespace, 'all-namespaces': allNamespaces, at, output: objectOutput };

  override async run(): Promise<KubeList<Device>> {
    const all = this.flags['all-namespaces'];
    const wanted = all ? undefined : this.flags.namespace;
    const { list, views } = await ask(this.flags.home, this.flags.at, (answerer) => listDevices(answerer, wanted));
    return this.show(list, (format) => {
      if (format === 'name') return names(RESOURCES.device, list.items);
      return table(views, [...(all ? [NAMESPACE] : []), ...COLUMNS, ...(format === 'wide' ? WIDE : []), AGE]);
    });
  }
}

const NAMESPACE: Column<DeviceView> = { title: 'NAMESPACE', value: ({ device }) => device.metadata.namespace };
const COLUMNS: readonly Column<DeviceView>[] = [
  { title: 'NAME', value: ({ device }) => device.metadata.name },
  { title: 'MODEL', value: ({ device }) => device.spec?.deviceModelRef?.name },
  { title: 'NODE', value: ({ device }) => device.spec?.nodeName },
  { title: 'STATE', value: stateOf },
];
const WIDE: readonly Column<DeviceView>[] = [
  { title: 'PROTOCOL', value: ({ device }) => device.spec?.protocol?.protocolName },
  {
    title: 'TWINS',
    value: (view) =>
      twinRows(view)
        .map(({ property, desired = '-', reported = '-' }) => `${property}=${desired}/${reported}`)
        .join(','),
  },
];
const AGE: Column<DeviceView> = { title: 'AGE', value: ({ device }) => age(device.metadata.creationTimestamp) };
