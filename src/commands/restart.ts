import { BaseCommand } from '../cli/base-command.ts';
import { chooseRole, role } from '../cli/role-argument.ts';
import type { LifecycleResult } from '../setup/lifecycle.ts';

export default class Restart extends BaseCommand<typeof Restart> {
  static override summary = 'Stop the cloud or the edge of this home and start it again.';
  static override examples = ['<%= config.bin %> restart cloud', '<%= config.bin %> restart edge'];
  static override args = { role };

  override async run(): Promise<LifecycleResult> {
    const { home } = this.flags;
    const chosen = await chooseRole(this.ui, this.args.role, home);
    const { startDaemon, stopDaemon } = await import('../setup/lifecycle.ts');
    await stopDaemon(chosen, home, this.ui);
    const result = await startDaemon(chosen, home, this.ui);
    return this.show(result, () => `the ${result.role} runs`);
  }
}
