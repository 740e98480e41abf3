import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import type { BackupResult } from '../setup/backup.ts';

export default class Backup extends BaseCommand<typeof Backup> {
  static override summary = 'Copy what the cloud of this home keeps into a folder, while it runs.';
  static override description =
    "The database as it is at one moment, keys, certificates and configuration. With the CA's keys in it, whoever has the folder has the " +
    'cluster: it is made for its owner alone (0700). kedge restore puts it back.';
  static override examples = [
    '<%= config.bin %> backup /srv/backups/kedge-2026-11-27',
    '<%= config.bin %> backup /srv/backups/monday -o json',
  ];
  static override args = { folder: Args.string({ description: 'A folder that is empty or not there yet.', required: true }) };

  override async run(): Promise<BackupResult> {
    const { backUp } = await import('../setup/backup.ts');
    const result = await backUp({ home: this.flags.home, folder: this.args.folder, version: this.config.version }, this.ui);
    return this.show(result, () => `the cloud is backed up in ${result.folder}; to put it back: kedge restore ${result.folder}`);
  }
}
