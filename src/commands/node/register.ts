import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { objectOutput } from '../../cli/flags.ts';
import { names } from '../../cli/output.ts';
import { askText } from '../../cli/prompts.ts';
import { askApi } from '../../client/answerer.ts';
import { registerNode } from '../../client/nodes.ts';
import { parsePairs } from '../../client/pairs.ts';
import { isNodeName } from '../../protocol/node-name.ts';
import { RESOURCES } from '../../protocol/kubernetes.ts';
import type { Node } from '../../protocol/kubernetes.ts';

export default class NodeRegister extends BaseCommand<typeof NodeRegister> {
  static override summary = 'Register a node before its edge joins.';
  static override examples = ['<%= config.bin %> node register edge-1 --label site=harbour'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the node' }) };
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
    const name = this.args.name ?? (await this.#askName());
    const node = await askApi(this.flags.home, (client) => registerNode(client, name, labels));
    return this.show(node, (format) => (format === 'name' ? names(RESOURCES.node, [node]) : `node ${name} is registered`));
  }

  #askName(): Promise<string> {
    const check = (name: string): string | undefined => (isNodeName(name) ? undefined : 'lower-case letters, digits, - and . only');
    return askText(this.ui, { message: 'Name of the node', flag: 'NAME', check });
  }
}
