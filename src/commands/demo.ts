import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import type { DemoResult } from '../setup/demo.ts';

async function switchOn(url: string, device: { namespace: string; name: string }): Promise<() => Promise<void>> {
  const { Thermostat } = await import('../lab/thermostat.ts');
  const thermostat = new Thermostat({ url, device, periodMs: 250, step: 0.8 });
  await thermostat.start();
  return () => thermostat.stop();
}

export default class DemoCommand extends BaseCommand<typeof DemoCommand> {
  static override summary = 'See it work: a cloud, an edge and a thermostat, in a temporary folder.';
  static override description = 'Needs no Docker, no root and no Kubernetes, and leaves nothing behind.';
  static override examples = ['<%= config.bin %> demo', '<%= config.bin %> demo --once -o json'];
  static override flags = {
    once: Flags.boolean({ description: 'stop everything when the thermostat has reached its target, and exit' }),
  };

  override async run(): Promise<DemoResult> {
    const { Demo, describe } = await import('../setup/demo.ts');
    const demo = new Demo({ ui: this.ui, signal: this.interrupted, switchOn });
    try {
      const result = await demo.run();
      await this.show(result, () => `${result.device}: ${result.property} is ${result.reported}, as desired`);
      if (!this.flags.once) {
        this.#invite(demo.home, demo.mqttUrl);
        await demo
          .follow((reading) => this.ui.line(`  ${describe(reading)}`))
          .catch((error: unknown) => {
            if (!this.interrupted.aborted) throw error;
          });
        this.ui.line('\nStopping everything …');
      }
      return result;
    } finally {
      await demo.end();
    }
  }

  #invite(home: string, mqttUrl: string): void {
    const { bold } = this.ui.colors;
    const { hostname, port } = new URL(mqttUrl);
    const commands = [
      `export KEDGE_HOME=${home}`,
      'kedge device set-twin thermostat temperature=19 --wait',
      'kedge device get-twin thermostat',
      'kedge node list',
      `kubectl --kubeconfig ${home}/cloud/admin.kubeconfig get nodes,devices -o wide`,
      `mosquitto_sub -h ${hostname} -p ${port} -v -t '$hw/events/device/#'`,
    ];
    this.ui.line(`\nIt keeps running. In another terminal, try (${bold('npx kedge')} where kedge is not in the path):\n`);
    for (const command of commands) this.ui.line(`  ${bold(command)}`);
    this.ui.line('\nEvery change shows here. Ctrl-C stops everything and leaves nothing behind.');
  }
}
