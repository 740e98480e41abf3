import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import type { RestoreResult } from '../setup/restore.ts';

export default class Restore extends BaseCommand<typeof Restore> {
  static override summary = 'Put a backup in the place of the cloud of this home.';
  static override description =
    'The cloud must not run. A cloud that is in the home already is moved aside, not removed. Every object gets a new version, so that edges ' +
    'and other clients begin anew: edges are sent everything again.';
  static override examples = [
    '<%= config.bin %> restore /srv/backups/kedge-2026-11-27',
    '<%= config.bin %> restore /srv/backups/monday --home /var/lib/kedge --yes',
  ];
  static override args = { folder: Args.string({ description: 'What kedge backup has made.', required: true }) };

  override async run(): Promise<RestoreResult> {
    const { restore } = await import('../setup/restore.ts');
    const { home } = this.flags;
    const result = await restore({ home, folder: this.args.folder, confirm: (aside) => this.#confirm(aside) }, this.ui);
    const start = `kedge start cloud --home ${result.home}`;
    return this.show(result, () =>
      result.changed ? `the cloud of ${result.backup.createdAt} is in place: ${start}` : 'nothing was changed',
    );
  }

  async #confirm(aside: string): Promise<boolean> {
    const { confirm } = await import('../cli/prompts.ts');
    if (!this.ui.yes && this.ui.interactive) this.ui.line(`The cloud that is in this home moves to ${aside}.`);
    return confirm(this.ui, 'Put the backup in its place?');
  }
}
