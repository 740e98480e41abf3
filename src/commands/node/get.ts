import { Args } from '@oclif/core';
import { age } from '../../cli/age.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { fields } from '../../cli/fields.ts';
import { objectOutput } from '../../cli/flags.ts';
import { names } from '../../cli/output.ts';
import { chooser } from '../../cli/prompts.ts';
import { askApi } from '../../client/answerer.ts';
import { nodeChoices } from '../../client/choices.ts';
import { getNode, nodeRoles, nodeState } from '../../client/nodes.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';
import type { Node } from '../../protocol/kubernetes.ts';

export default class NodeGet extends BaseCommand<typeof NodeGet> {
  static override summary = 'Show a node.';
  static override examples = ['<%= config.bin %> node get edge-1'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the node' }) };
  static override flags = { output: objectOutput };

  override async run(): Promise<Node> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const node = await askApi(this.flags.home, async (client) => getNode(client, await choose(nodeChoices(client))));
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
