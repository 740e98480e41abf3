import { Args } from '@oclif/core';
import { age } from '../../cli/age.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { fields } from '../../cli/fields.ts';
import { objectOutput } from '../../cli/flags.ts';
import { names } from '../../cli/output.ts';
import { askApi } from '../../client/answerer.ts';
import { getNode, nodeRoles, nodeState } from '../../client/nodes.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';
import type { Node } from '../../protocol/kubernetes.ts';

export default class NodeGet extends BaseCommand<typeof NodeGet> {
  static override summary = 'Show a node.';
  static override examples = ['<%= config.bin %> node get edge-1'];
  static override args = { name: Args.string({ required: true, ignoreStdin: true, description: 'the node' }) };
  static override flags = { output: objectOutput };

  override async run(): Promise<Node> {
    const node = await askApi(this.flags.home, (client) => getNode(client, this.args.name));
    return this.show(node, (format) => (format === 'name' ? names(RESOURCES.node, [node]) : describe(node)));
  }
}

function describe(node: Node): string {
  const { metadata, spec, status } = node;
  const pairs = (values: Record<string, string> | undefined): string[] =>
    Object.entries(values ?? {}).map(([key, value]) => `${key}=${value}`);
  return fields({
    Name: metadata.name,
    Status: nodeState(node),
    Roles: nodeRoles(node).join(','),
    Age: age(metadata.creationTimestamp),
    Version: status?.nodeInfo?.['kubeletVersion'],
    Addresses: (status?.addresses ?? []).map(({ type, address }) => `${type} ${address}`),
    Labels: pairs(metadata.labels),
    Taints: (spec?.taints ?? []).map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`),
    Conditions: (status?.conditions ?? []).map(({ type, status: is, reason, message }) =>
      `${type}=${is} ${reason ?? ''} ${message ?? ''}`.trim(),
    ),
    Capacity: pairs(status?.capacity),
  });
}
