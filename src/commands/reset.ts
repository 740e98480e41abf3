import { BaseCommand } from '../cli/base-command.ts';
import { chooseRole, role } from '../cli/role-argument.ts';
import type { ResetResult } from '../setup/reset.ts';

export default class Reset extends BaseCommand<typeof Reset> {
  static override summary = 'Stop the cloud or the edge of this home and remove everything it keeps.';
  static override description =
    'Certificates, configuration, database and logs are gone for good; asks before, unless --yes is given. Removes also what an interrupted ' +
    'init or join has left, and nothing of the other daemon. Afterwards init or join begin anew.';
  static override examples = ['<%= config.bin %> reset edge', '<%= config.bin %> reset cloud --yes'];
  static override args = { role };

  override async run(): Promise<ResetResult> {
    const { reset } = await import('../setup/reset.ts');
    const { home } = this.flags;
    const chosen = await chooseRole(this.ui, this.args.role, home);
    const result = await reset({ role: chosen, home, confirm: (what) => this.#confirm(chosen, what) }, this.ui);
    for (const note of result.notes) this.ui.line(note);
    return this.show(result, () => (result.changed ? `the ${result.role} is gone` : 'nothing was removed'));
  }

  async #confirm(chosen: string, what: readonly string[]): Promise<boolean> {
    const { confirm } = await import('../cli/prompts.ts');
    const removed = what.join(', ');
    if (!this.ui.yes && this.ui.interactive) this.ui.line(`This stops the ${chosen} and removes ${removed} with all keys and data.`);
    return confirm(this.ui, `Remove ${removed}?`);
  }
}
