import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { parseDuration } from '../../cli/duration.ts';
import { namespace } from '../../cli/flags.ts';
import { askApi } from '../../client/answerer.ts';
import { waitForReports } from '../../client/device-watch.ts';
import { setDesired } from '../../client/devices.ts';
import { parsePairs } from '../../client/pairs.ts';
import { twinRows } from '../../client/twin-rows.ts';
import type { TwinRow } from '../../client/twin-rows.ts';
import { KedgeError } from '../../kernel/errors.ts';

export default class DeviceSetTwin extends BaseCommand<typeof DeviceSetTwin> {
  static override summary = 'Set desired values of a device.';
  static override examples = ['<%= config.bin %> device set-twin thermostat temperature=22 --wait'];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'the device' }),
    values: Args.string({ ignoreStdin: true, multiple: true, description: 'desired values, each PROPERTY=VALUE' }),
  };
  static override flags = {
    namespace,
    wait: Flags.string({
      description: 'wait until the device reports these values, 30 s or as long as --wait=DURATION says',
      helpValue: '[=30s]',
    }),
  };

  override init(): Promise<void> {
    this.argv = this.argv.map((argument) => (argument === '--wait' ? '--wait=30s' : argument));
    return super.init();
  }

  override async run(): Promise<TwinRow[]> {
    const { name, values: pairs = [] } = this.args;
    if (pairs.length === 0) throw new KedgeError('USAGE', 'no value is given', { hint: `kedge device set-twin ${name} temperature=22` });
    const values = parsePairs(pairs, { example: 'temperature=22' });
    const ms = this.flags.wait === undefined ? undefined : parseDuration(this.flags.wait);
    const view = await askApi(this.flags.home, async (client) => {
      const changed = await setDesired(client, this.flags.namespace, name, values);
      return ms === undefined ? changed : waitForReports(client, changed.device, values, { ms, signal: this.interrupted });
    });
    const rows = twinRows(view).filter(({ property }) => values.has(property));
    const told = ms === undefined ? 'desired' : 'desired and reported';
    return this.show(rows, () => rows.map(({ property, desired = '' }) => `${name}: ${property}=${desired} is ${told}`).join('\n'));
  }
}
