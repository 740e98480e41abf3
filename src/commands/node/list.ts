import { age } from '../../cli/age.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { objectOutput, watch } from '../../cli/flags.ts';
import { names } from '../../cli/output.ts';
import { table } from '../../cli/table.ts';
import type { Column } from '../../cli/table.ts';
import { askApi } from '../../client/answerer.ts';
import { nodeRoles, nodeState } from '../../client/nodes.ts';
import { watchObjects } from '../../client/object-watch.ts';
import { listAll } from '../../kube/list-all.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';
import type { KubeList, Node } from '../../protocol/kubernetes.ts';

export default class NodeList extends BaseCommand<typeof NodeList> {
  static override summary = 'List the nodes.';
  static override examples = ['<%= config.bin %> node list -o wide', '<%= config.bin %> node list --watch'];
  static override flags = { watch, output: objectOutput };

  override async run(): Promise<KubeList<Node> | undefined> {
    const resource = RESOURCES.node;
    const columns = this.flags.output === 'wide' ? [...COLUMNS, ...WIDE] : COLUMNS;
    return askApi(this.flags.home, async (client) => {
      if (this.flags.watch)
        return this.follow(watchObjects<Node>(resource, { client }, this.interrupted), { columns, resource, objectOf: (node) => node });
      const list = await listAll<Node>(client, resource);
      return this.show(list, (format) => (format === 'name' ? names(resource, list.items) : table(list.items, columns)));
    });
  }
}

const COLUMNS: readonly Column<Node>[] = [
  { title: 'NAME', value: ({ metadata }) => metadata.name },
  { title: 'STATUS', value: nodeState },
  { title: 'ROLES', value: (node) => nodeRoles(node).join(',') },
  { title: 'AGE', value: ({ metadata }) => age(metadata.creationTimestamp) },
  { title: 'VERSION', value: ({ status }) => status?.nodeInfo?.['kubeletVersion'] },
  { title: 'INTERNAL-IP', value: ({ status }) => status?.addresses?.find(({ type }) => type === 'InternalIP')?.address },
];
const WIDE: readonly Column<Node>[] = [
  { title: 'OS-IMAGE', value: ({ status }) => status?.nodeInfo?.['osImage'] },
  { title: 'KERNEL-VERSION', value: ({ status }) => status?.nodeInfo?.['kernelVersion'] },
  { title: 'CONTAINER-RUNTIME', value: ({ status }) => status?.nodeInfo?.['containerRuntimeVersion'] },
];
