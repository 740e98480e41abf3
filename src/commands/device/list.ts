import { age } from '../../cli/age.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { allNamespaces, at, namespace, objectOutput, watch } from '../../cli/flags.ts';
import { names } from '../../cli/output.ts';
import { table } from '../../cli/table.ts';
import type { Column } from '../../cli/table.ts';
import { ask } from '../../client/answerer.ts';
import type { Answerer } from '../../client/answerer.ts';
import { listDevices } from '../../client/devices.ts';
import { watchDevices } from '../../client/object-watch.ts';
import { stateOf, twinRows } from '../../client/twin-rows.ts';
import type { DeviceView } from '../../client/twin-rows.ts';
import { KedgeError } from '../../kernel/errors.ts';
import type { Device } from '../../protocol/devices.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';
import type { KubeList } from '../../protocol/kubernetes.ts';

export default class DeviceList extends BaseCommand<typeof DeviceList> {
  static override summary = 'List the devices.';
  static override examples = ['<%= config.bin %> device list -o wide', '<%= config.bin %> device list --all-namespaces --watch'];
  static override flags = { namespace, 'all-namespaces': allNamespaces, at, watch, output: objectOutput };

  override async run(): Promise<KubeList<Device> | undefined> {
    const { output, namespace: one, 'all-namespaces': all } = this.flags;
    const wanted = all ? undefined : one;
    const columns = [...(all ? [NAMESPACE] : []), ...COLUMNS, ...(output === 'wide' ? WIDE : []), AGE];
    return ask(this.flags.home, this.flags.at, async (answerer) => {
      if (this.flags.watch) return this.#follow(answerer, wanted, columns);
      const { list, views } = await listDevices(answerer, wanted);
      return this.show(list, (format) => (format === 'name' ? names(RESOURCES.device, list.items) : table(views, columns)));
    });
  }

  #follow(answerer: Answerer, namespace: string | undefined, columns: readonly Column<DeviceView>[]): Promise<undefined> {
    if (answerer.at === 'edge')
      throw new KedgeError('USAGE', 'the edge follows one device at a time', { hint: 'kedge device watch NAME, or --at cloud' });
    const changes = watchDevices({ client: answerer.client, namespace }, this.interrupted);
    return this.follow(changes, { columns, resource: RESOURCES.device, objectOf: ({ device }) => device });
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
