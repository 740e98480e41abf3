import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { objectOutput } from '../../cli/flags.ts';
import { names } from '../../cli/output.ts';
import { askApi } from '../../client/answerer.ts';
import { registerNode } from '../../client/nodes.ts';
import { parsePairs } from '../../client/pairs.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';
import type { Node } from '../../protocol/kubernetes.ts';

export default class NodeRegister extends BaseCommand<typeof NodeRegister> {
  static override summary = 'Register a node before its edge joins.';
  static override examples = ['<%= config.bin %> node register edge-1 --label site=harbour'];
  static override args = { name: Args.string({ required: true, ignoreStdin: true, description: 'the node' }) };
  static override flags = {
    label: Flags.string({
      description: 'a label of the node; may be repeated',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'KEY=VALUE',
    }),
    output: objectOutput,
  };

  override async run(): Promise<Node> {
    const labels = Object.fromEntries(parsePairs(this.flags.label ?? [], { example: 'site=harbour', emptyValues: true }));
    const node = await askApi(this.flags.home, (client) => registerNode(client, this.args.name, labels));
    return this.show(node, (format) => (format === 'name' ? names(RESOURCES.node, [node]) : `node ${this.args.name} is registered`));
  }
}
