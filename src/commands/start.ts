import { BaseCommand } from '../cli/base-command.ts';
import { role } from '../cli/role-argument.ts';
import type { LifecycleResult } from '../setup/lifecycle.ts';

export default class Start extends BaseCommand<typeof Start> {
  static override summary = 'Start the cloud or the edge of this home and wait until it is ready.';
  static override examples = ['<%= config.bin %> start cloud', '<%= config.bin %> start edge'];
  static override args = { role };

  override async run(): Promise<LifecycleResult> {
    const { startDaemon } = await import('../setup/lifecycle.ts');
    const result = await startDaemon(this.args.role, this.flags.home, this.ui);
    return this.show(result, () => `the ${result.role} runs`);
  }
}
