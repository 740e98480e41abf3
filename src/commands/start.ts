import { BaseCommand } from '../cli/base-command.ts';
import { chooseRole, role } from '../cli/role-argument.ts';
import type { LifecycleResult } from '../setup/lifecycle.ts';

export default class Start extends BaseCommand<typeof Start> {
  static override summary = 'Start the cloud or the edge of this home and wait until it is ready.';
  static override examples = ['<%= config.bin %> start cloud', '<%= config.bin %> start edge'];
  static override args = { role };

  override async run(): Promise<LifecycleResult> {
    const { home } = this.flags;
    const chosen = await chooseRole(this.ui, this.args.role, home);
    const { startDaemon } = await import('../setup/lifecycle.ts');
    const result = await startDaemon(chosen, home, this.ui);
    return this.show(result, () => `the ${result.role} runs`);
  }
}
