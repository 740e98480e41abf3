import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { at, namespace } from '../../cli/flags.ts';
import { render } from '../../cli/output.ts';
import { chooser } from '../../cli/prompts.ts';
import { visible } from '../../cli/table.ts';
import { ask } from '../../client/answerer.ts';
import { deviceChoices } from '../../client/choices.ts';
import { watchDevice } from '../../client/device-watch.ts';
import { stateOf, twinRows } from '../../client/twin-rows.ts';
import type { DeviceView, TwinRow } from '../../client/twin-rows.ts';
import { KedgeError } from '../../kernel/errors.ts';

/** One line of the watch; `state` stands alone when the device's state has changed. */
interface Change extends Partial<TwinRow> {
  readonly time: string;
  readonly state?: string;
}

export default class DeviceWatch extends BaseCommand<typeof DeviceWatch> {
  static override summary = 'Follow the desired and reported values of a device until Ctrl-C.';
  static override examples = ['<%= config.bin %> device watch thermostat', '<%= config.bin %> device watch thermostat -o json'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the device' }) };
  static override flags = { namespace, at };

  override async run(): Promise<void> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { at, home, namespace } = this.flags;
    await ask(home, at, async (answerer) => {
      const name = await choose(deviceChoices(answerer, namespace));
      const seen = new Map<string, string>();
      for await (const view of watchDevice(answerer, namespace, name, this.interrupted)) {
        if (view === undefined) throw new KedgeError('NOT_FOUND', `device ${name} was deleted`);
        for (const change of changesOf(view, seen)) this.log(await this.#format(change));
      }
      throw new KedgeError('UNREACHABLE', `the watch of device ${name} ended`, { hint: 'kedge status' });
    });
  }

  async #format(change: Change): Promise<string> {
    if (this.flags.output === 'json') return JSON.stringify(change);
    if (this.flags.output === 'yaml') return `---\n${await render(change, 'yaml', () => '')}`;
    const { time, property, desired = '<none>', reported = '<none>', state = '' } = change;
    const clock = this.ui.colors.dim(new Date(time).toTimeString().slice(0, 8));
    return property === undefined
      ? `${clock}  state ${visible(state)}`
      : visible(`${property}  desired ${desired}  reported ${reported}`).replace(/^/, `${clock}  `);
  }
}

/** What is not as it was `seen` last; remembers it. */
function changesOf(view: DeviceView, seen: Map<string, string>): Change[] {
  const time = new Date().toISOString();
  const state = stateOf(view);
  const facts: (Omit<Change, 'time'> & { key: string })[] = [
    ...(state === undefined ? [] : [{ key: '', state }]),
    ...twinRows(view).map((row) => ({ key: row.property, ...row })),
  ];
  return facts.flatMap(({ key, ...fact }) => {
    const text = JSON.stringify(fact);
    if (seen.get(key) === text) return [];
    seen.set(key, text);
    return [{ time, ...fact }];
  });
}
