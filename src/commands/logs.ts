import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { parseSince } from '../cli/since.ts';
import { visible } from '../cli/table.ts';
import { colorsFor } from '../cli/ui.ts';
import type { Colors } from '../cli/ui.ts';
import type { LogFilter, LogLine } from '../client/logs.ts';

const DEFAULT_TAIL = 200;

export default class Logs extends BaseCommand<typeof Logs> {
  static override summary = 'Show what the cloud or the edge of this home has logged.';
  static override description =
    'Reads the log file of the home and those set aside before it, so no daemon has to run. Without --since and --tail the last 200 lines.';
  static override examples = [
    '<%= config.bin %> logs edge -f',
    '<%= config.bin %> logs --since 10m --level warn',
    '<%= config.bin %> logs cloud --tail 1000 -o json',
  ];
  static override args = {
    side: Args.option({ ignoreStdin: true, description: 'only this daemon', options: ['cloud', 'edge'] as const })(),
  };
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'go on until Ctrl-C, also when the log is set aside' }),
    since: Flags.string({ description: 'not older than this: 10m, 2h, or a time such as 2026-01-31T12:00:00Z', helpValue: 'TIME' }),
    tail: Flags.integer({ description: 'so many lines at most', helpValue: 'LINES', min: 0 }),
    level: Flags.option({ description: 'this urgent or more', options: ['debug', 'info', 'warn', 'error'] as const, default: 'debug' })(),
    output: Flags.option({
      char: 'o',
      description: 'how to print it; json is one object a line',
      options: ['table', 'json'] as const,
      default: 'table',
      helpGroup: 'GLOBAL',
    })(),
  };

  override async run(): Promise<void> {
    const { followLogs, loggingSides, readLogs } = await import('../client/logs.ts');
    const { follow, home } = this.flags;
    const filter = this.#filter();
    const sides = loggingSides(home, this.args.side);
    const colors = colorsFor(process.stdout, this.flags['no-color']);
    const print = (line: LogLine): void => {
      this.log(this.flags.output === 'json' ? JSON.stringify(line) : format(line, sides.length > 1, colors));
    };
    if (follow) await followLogs(home, sides, filter, this.interrupted, print);
    else for (const line of await readLogs(home, sides, filter)) print(line);
  }

  #filter(): LogFilter {
    const { level, since, tail = since === undefined ? DEFAULT_TAIL : undefined } = this.flags;
    return { level, ...(since !== undefined && { since: parseSince(since) }), ...(tail !== undefined && { tail }) };
  }
}

/** `12:00:01.250 warn  edgehub: cannot connect: connect ECONNREFUSED  retryInMs=400`. */
function format({ role, time, level, module, message, error, fields }: LogLine, several: boolean, colors: Colors): string {
  const paint = { debug: colors.dim, info: (text: string) => text, warn: colors.yellow, error: colors.red }[level];
  const at = time === '' ? '' : `${colors.dim(visible(time))} `;
  const who = `${several ? `${role} ` : ''}${module === undefined ? '' : `${visible(module)}: `}`;
  const what = `${message}${error === undefined || message.includes(error) ? '' : `: ${error}`}`;
  const more = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const rest = more.length === 0 ? '' : colors.dim(visible(`  ${more.join(' ')}`));
  return `${at}${paint(level.padEnd(5))} ${colors.cyan(who)}${visible(what)}${rest}`;
}
