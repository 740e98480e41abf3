import { Args } from '@oclif/core';
import { age } from '../cli/age.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { table } from '../cli/table.ts';
import { readStatus } from '../client/status.ts';
import type { DaemonStatus } from '../client/status.ts';
import { KedgeError } from '../kernel/errors.ts';
import type { ErrorCode } from '../kernel/errors.ts';

export default class Status extends BaseCommand<typeof Status> {
  static override summary = 'Show the daemons of this home and how their parts are.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status edge -o json'];
  static override args = {
    side: Args.option({ ignoreStdin: true, description: 'only this daemon', options: ['cloud', 'edge'] as const })(),
  };

  override async run(): Promise<DaemonStatus[] | DaemonStatus> {
    const daemons = await readStatus(this.flags.home, this.args.side);
    const [first] = daemons;
    const result = this.args.side !== undefined && first !== undefined ? first : daemons;
    await this.show(result, () => daemons.map(describe).join('\n\n'));
    const down = daemons.find(({ error }) => error !== undefined)?.error;
    if (down !== undefined) throw new KedgeError(down.code as ErrorCode, down.message, { hint: down.hint });
    return result;
  }
}

function describe({ role, pid, ready, version, startedAt, ports, modules }: DaemonStatus): string {
  if (pid === null) return `${role}: not running`;
  const head = `${role}: ${ready ? 'ready' : 'not ready'}, process ${pid}, version ${version ?? ''}, up ${age(startedAt) ?? ''}`;
  const lines = table(modules, [
    { title: 'MODULE', value: ({ name }) => name },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'PORT', value: ({ name }) => ports[name] ?? '-' },
    { title: 'DETAIL', value: ({ detail }) => detail ?? '-' },
  ]);
  return `${head}\n${lines}`;
}
