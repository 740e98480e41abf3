import { BaseCommand } from '../cli/base-command.ts';
import { chooseRole, role } from '../cli/role-argument.ts';
import type { LifecycleResult } from '../setup/lifecycle.ts';

export default class Stop extends BaseCommand<typeof Stop> {
  static override summary = 'Stop the cloud or the edge of this home.';
  static override examples = ['<%= config.bin %> stop cloud', '<%= config.bin %> stop edge'];
  static override args = { role };

  override async run(): Promise<LifecycleResult> {
    const { home } = this.flags;
    const chosen = await chooseRole(this.ui, this.args.role, home);
    const { stopDaemon } = await import('../setup/lifecycle.ts');
    const result = await stopDaemon(chosen, home, this.ui);
    return this.show(result, () => `the ${result.role} is stopped`);
  }
}
