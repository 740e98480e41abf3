import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { csv } from '../../cli/csv.ts';
import { namespace } from '../../cli/flags.ts';
import { numberIn, plot } from '../../cli/plot.ts';
import type { Point } from '../../cli/plot.ts';
import { chooser } from '../../cli/prompts.ts';
import { parseSince } from '../../cli/since.ts';
import { table, visible } from '../../cli/table.ts';
import type { Column } from '../../cli/table.ts';
import { ask } from '../../client/answerer.ts';
import { deviceChoices } from '../../client/choices.ts';
import { readHistory } from '../../client/device-history.ts';
import type { TwinHistoryEntry } from '../../protocol/twin-history.ts';

export default class DeviceHistory extends BaseCommand<typeof DeviceHistory> {
  static override summary = 'Show the values that a device had, as its edge keeps them.';
  static override description =
    'Runs on the node of the device; it needs no cloud. The edge keeps the newest 1000 desired and 1000 reported values of each property unless deviceTwin.history of its config.yaml says otherwise. Times are those of the edge.';
  static override examples = [
    '<%= config.bin %> device history thermostat --since 1h',
    '<%= config.bin %> device history thermostat temperature -o plot',
    '<%= config.bin %> device history thermostat -o csv > thermostat.csv',
  ];
  static override args = {
    name: Args.string({ ignoreStdin: true, description: 'the device' }),
    property: Args.string({ ignoreStdin: true, description: 'only this property' }),
  };
  static override flags = {
    namespace,
    since: Flags.string({ description: 'not older than this: 10m, 2h, or a time such as 2026-01-31T12:00:00Z', helpValue: 'TIME' }),
    output: Flags.option({
      char: 'o',
      description: 'how to print it',
      options: ['table', 'csv', 'plot', 'json', 'yaml'] as const,
      default: 'table',
      helpGroup: 'GLOBAL',
    })(),
  };

  override async run(): Promise<TwinHistoryEntry[]> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { home, namespace, since } = this.flags;
    const { property, name: given } = this.args;
    const from = since === undefined ? 0 : parseSince(since);
    const name = given ?? (await ask(home, 'edge', (answerer) => choose(deviceChoices(answerer, namespace))));
    const entries = await readHistory(home, { namespace, name, property, since: from }, this.interrupted);
    return this.show(entries, (format) => {
      if (format === 'csv') return csv(entries, CSV_COLUMNS);
      return format === 'plot' ? this.#plots(entries) : table(entries, COLUMNS);
    });
  }

  /** A chart for each side of a property that has numbers. */
  #plots(entries: readonly TwinHistoryEntry[]): string {
    const width = Math.max(20, Math.min(100, (process.stdout.columns || 80) - 16));
    const series = new Map<string, Point[]>();
    for (const { property, side, time, value: text } of entries) {
      const value = numberIn(text);
      if (value === undefined) continue;
      const title = `${property}, ${side}`;
      const points = series.get(title) ?? [];
      points.push({ time: Date.parse(time), value });
      series.set(title, points);
    }
    if (series.size === 0) return 'There are no numbers to draw.';
    const charts = [...series].map(([title, points]) => [visible(title), ...plot(points, { width, height: HEIGHT })]);
    return charts.map((lines) => lines.join('\n')).join('\n\n');
  }
}

const HEIGHT = 6;
const COLUMNS: readonly Column<TwinHistoryEntry>[] = [
  { title: 'TIME', value: ({ time }) => time },
  { title: 'PROPERTY', value: ({ property }) => property },
  { title: 'SIDE', value: ({ side }) => side },
  { title: 'VALUE', value: ({ value }) => value },
  { title: 'SOURCE', value: ({ source }) => source },
];
const CSV_COLUMNS = COLUMNS.map(({ title, value }) => ({ title: title.toLowerCase(), value }));
