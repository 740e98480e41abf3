import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { at, namespace } from '../../cli/flags.ts';
import { render } from '../../cli/output.ts';
import { chooser } from '../../cli/prompts.ts';
import { Redraw } from '../../cli/redraw.ts';
import { visible } from '../../cli/table.ts';
import { TwinPanel } from '../../cli/twin-panel.ts';
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

/** How often ages are drawn anew. */
const DRAW_MS = 1_000;

export default class DeviceWatch extends BaseCommand<typeof DeviceWatch> {
  static override summary = 'Follow the desired and reported values of a device until Ctrl-C.';
  static override description =
    'On a terminal, a table that is drawn anew: what is desired and reported, how old the last report is, and how numbers went since the watch began. Elsewhere, and with -o json or yaml, one line or document for each change.';
  static override examples = ['<%= config.bin %> device watch thermostat', '<%= config.bin %> device watch thermostat -o json'];
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the device' }) };
  static override flags = { namespace, at };

  override async run(): Promise<void> {
    const choose = chooser(this.ui, this.args.name, 'NAME');
    const { at, home, namespace } = this.flags;
    await ask(home, at, async (answerer) => {
      const name = await choose(deviceChoices(answerer, namespace));
      const views = present(name, watchDevice(answerer, namespace, name, this.interrupted));
      if (process.stdout.isTTY && this.flags.output === 'table') await draw(views);
      else await this.#list(views);
      throw new KedgeError('UNREACHABLE', `the watch of device ${name} ended`, { hint: 'kedge status' });
    });
  }

  async #list(views: AsyncIterable<DeviceView>): Promise<void> {
    const seen = new Map<string, string>();
    for await (const view of views) for (const change of changesOf(view, seen)) this.log(await this.#format(change));
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

/** @throws KedgeError NOT_FOUND once the device is deleted */
async function* present(name: string, views: AsyncIterable<DeviceView | undefined>): AsyncGenerator<DeviceView> {
  for await (const view of views) {
    if (view === undefined) throw new KedgeError('NOT_FOUND', `device ${name} was deleted`);
    yield view;
  }
}

/** Draws the device on the terminal, anew for each change and each second. */
async function draw(views: AsyncIterable<DeviceView>): Promise<void> {
  const [panel, screen] = [new TwinPanel(), new Redraw(process.stdout)];
  const ticking = setInterval(() => screen.draw(panel.text()), DRAW_MS);
  try {
    for await (const view of views) {
      panel.take(twinRows(view), stateOf(view));
      screen.draw(panel.text());
    }
  } finally {
    clearInterval(ticking);
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
