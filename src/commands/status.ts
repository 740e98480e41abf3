import { Args, Flags } from '@oclif/core';
import { setTimeout as delay } from 'node:timers/promises';
import { age } from '../cli/age.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { fields } from '../cli/fields.ts';
import { render } from '../cli/output.ts';
import { Redraw } from '../cli/redraw.ts';
import { table, visible } from '../cli/table.ts';
import { colorsFor } from '../cli/ui.ts';
import type { Colors } from '../cli/ui.ts';
import { readStatus } from '../client/status.ts';
import type { DaemonStatus } from '../client/status.ts';
import { KedgeError } from '../kernel/errors.ts';
import type { ErrorCode } from '../kernel/errors.ts';

const WATCH_MS = 2_000;
const SHOWN_PEERS = 10;
const SHOWN_ERRORS = 5;

export default class Status extends BaseCommand<typeof Status> {
  static override summary = 'Show the daemons of this home and how their parts are.';
  static override description =
    'Answers also while a daemon is down, hangs or cannot start, and says what to do then. Exit status: 0 everything is well; 7 a part is ' +
    'not (a peer is away, a certificate ends); 6 a daemon is stopped, starting or does not answer; 3 there is none; 4 it belongs to another user.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status edge -o json', '<%= config.bin %> status --watch'];
  static override args = {
    side: Args.option({ ignoreStdin: true, description: 'only this daemon', options: ['cloud', 'edge'] as const })(),
  };
  static override flags = {
    watch: Flags.boolean({ char: 'w', description: 'go on until Ctrl-C; one line for each change with -o json' }),
  };

  override async run(): Promise<DaemonStatus[] | DaemonStatus> {
    if (this.flags.watch) return this.#watch();
    const daemons = await this.#read();
    const result = this.#resultOf(daemons);
    await this.show(result, () => this.#text(daemons));
    const error = worstOf(daemons);
    if (error !== undefined) throw error;
    return result;
  }

  async #watch(): Promise<never> {
    const signal = this.interrupted;
    const redraw = process.stdout.isTTY && this.flags.output === 'table' ? new Redraw(process.stdout) : undefined;
    let last = '';
    for (;;) {
      const daemons = await this.#read();
      const json = JSON.stringify(this.#resultOf(daemons));
      if (redraw !== undefined) redraw.draw(this.#text(daemons));
      else if (json !== last) this.log(await this.#change(daemons, json));
      last = json;
      await delay(WATCH_MS, undefined, { signal });
    }
  }

  async #read(): Promise<DaemonStatus[]> {
    const daemons = await readStatus(this.flags.home, this.args.side);
    return daemons.map((daemon) => {
      const { error } = daemon;
      return error?.hint === undefined ? daemon : { ...daemon, error: { ...error, hint: this.nextStep(error.hint) } };
    });
  }

  async #change(daemons: DaemonStatus[], json: string): Promise<string> {
    if (this.flags.output === 'json') return json;
    if (this.flags.output === 'yaml') return `---\n${await render(this.#resultOf(daemons), 'yaml', () => '')}`;
    return `${this.#text(daemons)}\n`;
  }

  /** The one that was asked for, or the list. */
  #resultOf(daemons: DaemonStatus[]): DaemonStatus[] | DaemonStatus {
    const [first] = daemons;
    return this.args.side !== undefined && first !== undefined ? first : daemons;
  }

  #text(daemons: readonly DaemonStatus[]): string {
    const colors = colorsFor(process.stdout, this.flags['no-color']);
    return daemons.map((daemon) => describe(daemon, colors)).join('\n\n');
  }
}

/** What is not running is worse than what is not well. */
function worstOf(daemons: readonly DaemonStatus[]): KedgeError | undefined {
  const errors = daemons.flatMap(({ error }) => error ?? []);
  const worst = errors.find(({ code }) => code !== 'CHECK_WARNINGS') ?? errors[0];
  return worst && new KedgeError(worst.code as ErrorCode, worst.message, { hint: worst.hint });
}

function describe(daemon: DaemonStatus, colors: Colors): string {
  const { role, health, home, pid, version, startedAt, error, modules } = daemon;
  const paint = { healthy: colors.green, degraded: colors.yellow, starting: colors.yellow }[health as string] ?? colors.red;
  const running = pid === null ? '' : `, process ${pid}`;
  const since = startedAt === undefined ? '' : `, version ${version ?? ''}, up ${age(startedAt) ?? ''}`;
  const head = `${colors.bold(role)}: ${paint(health)}${running}${since}, in ${home}`;
  const why =
    error === undefined ? [] : [`  ${visible(error.message)}`, ...(error.hint === undefined ? [] : [`  Try: ${visible(error.hint)}`])];
  const parts = modules.length === 0 ? [] : [modulesOf(daemon)];
  const more = fields({
    Peers: peersOf(daemon),
    Queues: queuesOf(daemon),
    Certificates: certificatesOf(daemon),
    'Last errors': errorsOf(daemon),
  });
  return [head, ...why, ...parts, ...(more === '' ? [] : [more])].join('\n');
}

function modulesOf({ modules, ports }: DaemonStatus): string {
  return table(modules, [
    { title: 'MODULE', value: ({ name }) => name },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'PORT', value: ({ name }) => ports[name] ?? '-' },
    { title: 'DETAIL', value: ({ detail }) => detail ?? '-' },
  ]);
}

function peersOf({ role, peers, ready }: DaemonStatus): string[] {
  if (role === 'cloud' && ready && peers.length === 0) return ['no edge is connected'];
  const lines = peers.slice(0, SHOWN_PEERS).map(({ name, connected, since, queued = 0 }) => {
    const waiting = queued === 0 ? '' : `, ${queued} unacknowledged`;
    return connected ? `${name}, connected${since === undefined ? '' : ` for ${age(since) ?? ''}`}${waiting}` : `${name}, not connected`;
  });
  return peers.length > SHOWN_PEERS ? [...lines, `and ${peers.length - SHOWN_PEERS} more`] : lines;
}

function queuesOf({ queues }: DaemonStatus): string | undefined {
  const text = Object.entries(queues).map(([name, length]) => `${name} ${length}`);
  return text.length === 0 ? undefined : text.join(', ');
}

function certificatesOf({ certificates }: DaemonStatus): string | undefined {
  const text = certificates.map(({ name, state, daysLeft }) => (daysLeft === undefined ? `${name} ${state}` : `${name} ${daysLeft} days`));
  return text.length === 0 ? undefined : text.join(', ');
}

function errorsOf({ lastErrors }: DaemonStatus): string[] {
  return lastErrors.slice(-SHOWN_ERRORS).map(({ time, level, module, message, error, count }) => {
    const ago = time === '' ? '' : `${age(time) ?? ''} ago, `;
    const times = count === 1 ? '' : ` (${count} times)`;
    return `${ago}${level}: ${module === undefined ? '' : `${module}: `}${message}${error === undefined ? '' : `: ${error}`}${times}`;
  });
}
