import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import type { InitCloudOptions, InitCloudResult } from '../../setup/init-cloud.ts';

const port = (description: string) =>
  Flags.integer({ description: `${description}; 0 chooses a free one`, helpValue: 'PORT', min: 0, max: 65_535, helpGroup: 'PORTS' });

export default class InitCloud extends BaseCommand<typeof InitCloud> {
  static override summary = 'Make a cloud on this machine and start it.';
  static override description = `Certificates, configuration and the Kubernetes API that is built in all live in the home folder. Run it again with other
flags to change them; what is right already stays as it is.`;
  static override examples = [
    '<%= config.bin %> init cloud',
    '<%= config.bin %> init cloud --advertise-address 192.0.2.10,cloud.example.org',
    '<%= config.bin %> init cloud --kubeconfig ~/.kube/config',
  ];
  static override flags = {
    'advertise-address': Flags.string({
      description:
        'IP addresses and names under which edges reach this cloud (comma-separated, repeatable); all are put into its certificate',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'HOST',
    }),
    kubeconfig: Flags.string({ description: 'work on this Kubernetes cluster instead of the built-in API', helpValue: 'FILE' }),
    'websocket-port': port('port of the websocket, 10000 if not given'),
    'https-port': port('port of enrolment, 10002 if not given'),
    'api-port': port('port of the built-in Kubernetes API, 6443 if not given'),
    'legacy-edges': Flags.boolean({
      description: 'let edges of KubeEdge 1.15 and older in, whose certificates name no node; --no-legacy-edges keeps them out again',
      allowNo: true,
    }),
    foreground: Flags.boolean({ description: 'run the cloud in this process until it is stopped, as containers want it' }),
    'no-service': Flags.boolean({ description: 'start a plain background process, also where systemd could keep it running' }),
  };

  override async run(): Promise<InitCloudResult | undefined> {
    const { flags } = this;
    // Undefined when neither form was given, whatever its type says.
    const legacyEdges = flags['legacy-edges'] as boolean | undefined;
    const options: InitCloudOptions = {
      home: flags.home,
      service: !flags['no-service'],
      ...(flags['advertise-address'] !== undefined && { advertiseAddress: flags['advertise-address'] }),
      ...(flags.kubeconfig !== undefined && { kubeconfig: flags.kubeconfig }),
      ...(flags['websocket-port'] !== undefined && { websocketPort: flags['websocket-port'] }),
      ...(flags['https-port'] !== undefined && { httpsPort: flags['https-port'] }),
      ...(legacyEdges !== undefined && { legacyEdges }),
      ...(flags['api-port'] !== undefined && { apiPort: flags['api-port'] }),
    };
    if (flags.foreground) {
      const { runCloud } = await import('../../setup/run-cloud.ts');
      return this.exit(await runCloud(options, this.ui, this.interrupted));
    }
    const { initCloud } = await import('../../setup/init-cloud.ts');
    const result = await initCloud(options, this.ui);
    this.ui.line(
      this.nextStep(`\nThe cloud runs; kedge status cloud tells how it is, kedge start cloud starts it again.\nOn an edge, run:`),
    );
    return this.show(result, () => result.joinCommand);
  }
}
