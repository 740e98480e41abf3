import { age } from '../../cli/age.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { objectOutput } from '../../cli/flags.ts';
import { names } from '../../cli/output.ts';
import { table } from '../../cli/table.ts';
import { askApi } from '../../client/answerer.ts';
import { nodeRoles, nodeState } from '../../client/nodes.ts';
import { listAll } from '../../kube/list-all.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';
import type { KubeList, Node } from '../../protocol/kubernetes.ts';

export default class NodeList extends BaseCommand<typeof NodeList> {
  static override summary = 'List the nodes.';
  static override examples = ['<%= config.bin %> node list'];
  static override flags = { output: objectOutput };

  override async run(): Promise<KubeList<Node>> {
    const list = await askApi(this.flags.home, (client) => listAll<Node>(client, RESOURCES.node));
    return this.show(list, (format) => (format === 'name' ? names(RESOURCES.node, list.items) : nodeTable(list.items)));
  }
}

function nodeTable(nodes: readonly Node[]): string {
  return table(nodes, [
    { title: 'NAME', value: ({ metadata }) => metadata.name },
    { title: 'STATUS', value: nodeState },
    { title: 'ROLES', value: (node) => nodeRoles(node).join(',') },
    { title: 'AGE', value: ({ metadata }) => age(metadata.creationTimestamp) },
    { title: 'VERSION', value: ({ status }) => status?.nodeInfo?.['kubeletVersion'] },
    { title: 'INTERNAL-IP', value: ({ status }) => status?.addresses?.find(({ type }) => type === 'InternalIP')?.address },
  ]);
}
