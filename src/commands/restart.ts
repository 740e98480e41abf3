import { BaseCommand } from '../cli/base-command.ts';
import { role } from '../cli/role-argument.ts';
import type { LifecycleResult } from '../setup/lifecycle.ts';

export default class Restart extends BaseCommand<typeof Restart> {
  static override summary = 'Stop the cloud or the edge of this home and start it again.';
  static override examples = ['<%= config.bin %> restart cloud', '<%= config.bin %> restart edge'];
  static override args = { role };

  override async run(): Promise<LifecycleResult> {
    const { startDaemon, stopDaemon } = await import('../setup/lifecycle.ts');
    await stopDaemon(this.args.role, this.flags.home, this.ui);
    const result = await startDaemon(this.args.role, this.flags.home, this.ui);
    return this.show(result, () => `the ${result.role} runs`);
  }
}
