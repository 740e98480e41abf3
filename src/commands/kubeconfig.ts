import { BaseCommand } from '../cli/base-command.ts';
import type { CloudKubeconfig } from '../client/cloud-kubeconfig.ts';

export default class Kubeconfig extends BaseCommand<typeof Kubeconfig> {
  static override summary = "Print the kubeconfig of the cloud's administrator.";
  static override description = 'For kubectl and other clients of the Kubernetes API. Whoever has it may do anything there.';
  static override examples = ['<%= config.bin %> kubeconfig > kubeconfig && kubectl --kubeconfig kubeconfig get nodes'];

  override async run(): Promise<CloudKubeconfig> {
    const { readCloudKubeconfig } = await import('../client/cloud-kubeconfig.ts');
    const result = await readCloudKubeconfig(this.flags.home);
    if (this.flags.output !== 'yaml') return this.show(result, () => result.kubeconfig.trimEnd());
    // A kubeconfig is YAML already.
    this.log(result.kubeconfig.trimEnd());
    return result;
  }
}
