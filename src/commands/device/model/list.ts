import { age } from '../../../cli/age.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { allNamespaces, namespace, objectOutput } from '../../../cli/flags.ts';
import { names } from '../../../cli/output.ts';
import { table } from '../../../cli/table.ts';
import { askApi } from '../../../client/answerer.ts';
import { listAll } from '../../../kube/list-all.ts';
import type { DeviceModel } from '../../../protocol/devices.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeList } from '../../../protocol/kubernetes.ts';

export default class DeviceModelList extends BaseCommand<typeof DeviceModelList> {
  static override summary = 'List the device models.';
  static override examples = ['<%= config.bin %> device model list'];
  static override flags = { namespace, 'all-namespaces': allNamespaces, output: objectOutput };

  override async run(): Promise<KubeList<DeviceModel>> {
    const all = this.flags['all-namespaces'];
    const list = await askApi(this.flags.home, (client) =>
      listAll<DeviceModel>(client, RESOURCES.deviceModel, all ? {} : { namespace: this.flags.namespace }),
    );
    return this.show(list, (format) => (format === 'name' ? names(RESOURCES.deviceModel, list.items) : modelTable(list.items, all)));
  }
}

function modelTable(models: readonly DeviceModel[], withNamespace: boolean): string {
  return table(models, [
    ...(withNamespace ? [{ title: 'NAMESPACE', value: ({ metadata }: DeviceModel) => metadata.namespace }] : []),
    { title: 'NAME', value: ({ metadata }) => metadata.name },
    { title: 'PROTOCOL', value: ({ spec }) => spec?.protocol },
    { title: 'PROPERTIES', value: ({ spec }) => (spec?.properties ?? []).map(({ name }) => name).join(',') },
    { title: 'AGE', value: ({ metadata }) => age(metadata.creationTimestamp) },
  ]);
}
