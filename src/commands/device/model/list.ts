import { age } from '../../../cli/age.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { allNamespaces, namespace, objectOutput, watch } from '../../../cli/flags.ts';
import { names } from '../../../cli/output.ts';
import { table } from '../../../cli/table.ts';
import type { Column } from '../../../cli/table.ts';
import { askApi } from '../../../client/answerer.ts';
import { watchObjects } from '../../../client/object-watch.ts';
import { listAll } from '../../../kube/list-all.ts';
import type { DeviceModel } from '../../../protocol/devices.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeList } from '../../../protocol/kubernetes.ts';

export default class DeviceModelList extends BaseCommand<typeof DeviceModelList> {
  static override summary = 'List the device models.';
  static override examples = ['<%= config.bin %> device model list', '<%= config.bin %> device model list --watch'];
  static override flags = { namespace, 'all-namespaces': allNamespaces, watch, output: objectOutput };

  override async run(): Promise<KubeList<DeviceModel> | undefined> {
    const { output, namespace: one, 'all-namespaces': all } = this.flags;
    const selection = all ? {} : { namespace: one };
    const resource = RESOURCES.deviceModel;
    const columns = [...(all ? [NAMESPACE] : []), ...COLUMNS, output === 'wide' ? WIDE : PROPERTIES, AGE];
    return askApi(this.flags.home, async (client) => {
      if (this.flags.watch) {
        const changes = watchObjects<DeviceModel>(resource, { client, ...selection }, this.interrupted);
        return this.follow(changes, { columns, resource, objectOf: (model) => model });
      }
      const list = await listAll<DeviceModel>(client, resource, selection);
      return this.show(list, (format) => (format === 'name' ? names(resource, list.items) : table(list.items, columns)));
    });
  }
}

const NAMESPACE: Column<DeviceModel> = { title: 'NAMESPACE', value: ({ metadata }) => metadata.namespace };
const COLUMNS: readonly Column<DeviceModel>[] = [
  { title: 'NAME', value: ({ metadata }) => metadata.name },
  { title: 'PROTOCOL', value: ({ spec }) => spec?.protocol },
];
const PROPERTIES: Column<DeviceModel> = {
  title: 'PROPERTIES',
  value: ({ spec }) => (spec?.properties ?? []).map(({ name }) => name).join(','),
};
const WIDE: Column<DeviceModel> = {
  title: 'PROPERTIES',
  value: ({ spec }) =>
    (spec?.properties ?? []).map(({ name, type, accessMode }) => `${name}(${[type, accessMode].filter(Boolean).join(' ')})`).join(','),
};
const AGE: Column<DeviceModel> = { title: 'AGE', value: ({ metadata }) => age(metadata.creationTimestamp) };
