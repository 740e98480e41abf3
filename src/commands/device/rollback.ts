import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { namespace } from '../../cli/flags.ts';
import { confirm, missing } from '../../cli/prompts.ts';
import { parseSince } from '../../cli/since.ts';
import { table } from '../../cli/table.ts';
import { askApi } from '../../client/answerer.ts';
import { readHistory } from '../../client/device-history.ts';
import { getDevice, setDesired } from '../../client/devices.ts';
import { planRollback } from '../../client/rollback.ts';
import type { RollbackRow } from '../../client/rollback.ts';

export default class DeviceRollback extends BaseCommand<typeof DeviceRollback> {
  static override summary = 'Set what is desired of a device to what was desired before.';
  static override description =
    'What was desired before is known to the edge of the device alone, so this runs on its node, with the cloud in the same home or a kubeconfig in KUBECONFIG. What was not desired then stays as it is.';
  static override examples = [
    '<%= config.bin %> device rollback thermostat',
    '<%= config.bin %> device rollback thermostat temperature --to 2 --yes',
    '<%= config.bin %> device rollback thermostat --since 1h',
  ];
  static override args = {
    name: Args.string({ ignoreStdin: true, description: 'the device' }),
    property: Args.string({ ignoreStdin: true, description: 'only this property' }),
  };
  static override flags = {
    namespace,
    to: Flags.integer({ description: 'so many changes back; 1 if not given', helpValue: 'N', min: 1, exclusive: ['since'] }),
    since: Flags.string({
      description: 'to what was desired then: 10m ago, 2h, or at a time such as 2026-01-31T12:00:00Z',
      helpValue: 'TIME',
    }),
  };

  override async run(): Promise<RollbackRow[]> {
    const { home, namespace, since, to = 1 } = this.flags;
    const { name, property } = this.args;
    if (name === undefined) throw missing('NAME');
    const target = since === undefined ? { changes: to } : { time: parseSince(since) };
    const history = await readHistory(home, { namespace, name, property }, this.interrupted);
    return askApi(home, async (client) => {
      const { spec } = await getDevice({ at: 'cloud', client }, namespace, name);
      const now = (spec?.properties ?? []).flatMap((one) => (one.desired?.value ? [[one.name, one.desired.value] as const] : []));
      const rows = planRollback(history, new Map(now), target);
      if (rows.length === 0) return this.show(rows, () => `${name}: nothing was desired otherwise`);
      this.ui.line(table(rows, COLUMNS));
      if (!(await confirm(this.ui, `Set what is desired of ${name} so?`))) return [];
      await setDesired(client, namespace, name, new Map(rows.map((row) => [row.property, row.then])));
      return this.show(rows, () => rows.map((row) => `${name}: ${row.property}=${row.then} is desired`).join('\n'));
    });
  }
}

const COLUMNS = [
  { title: 'PROPERTY', value: ({ property }: RollbackRow) => property },
  { title: 'NOW', value: ({ now }: RollbackRow) => now },
  { title: 'THEN', value: ({ then }: RollbackRow) => then },
];
