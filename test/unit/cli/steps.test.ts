import { expect } from 'chai';
import { confirm, askText } from '../../../src/cli/prompts.ts';
import { runSteps } from '../../../src/cli/steps.ts';
import { colorsFor } from '../../../src/cli/ui.ts';
import type { Ui } from '../../../src/cli/ui.ts';
import { KedgeError } from '../../../src/kernel/errors.ts';

function plainUi(): Ui & { readonly lines: string[] } {
  const lines: string[] = [];
  const colors = colorsFor({ isTTY: false });
  return {
    interactive: false,
    animated: false,
    yes: false,
    colors,
    lines,
    line: (text) => lines.push(text),
    write: (text) => lines.push(text),
  };
}
const failureOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error); // prettier-ignore

describe('runSteps', () => {
  it('numbers and times the steps and reports what came of them', async () => {
    const ui = plainUi();
    const reports = await runSteps(
      [
        {
          title: 'first',
          run: async (progress) => {
            progress('half');
            return 'done so';
          },
        },
        { title: 'second', run: async () => undefined },
      ],
      ui,
    );
    expect(reports.map(({ step, title, detail }) => [step, title, detail])).to.deep.equal([
      [1, 'first', 'done so'],
      [2, 'second', undefined],
    ]);
    expect(ui.lines.map((line) => line.replace(/\d\.\d s/, 'T'))).to.deep.equal([
      '  [1/2] first …',
      '    half',
      '✔ [1/2] first: done so (T)',
      '  [2/2] second …',
      '✔ [2/2] second (T)',
    ]);
  });

  it('stops at the step that fails', async () => {
    const ui = plainUi();
    const boom = new KedgeError('TIMEOUT', 'too late');
    const steps = [
      { title: 'bad', run: () => Promise.reject(boom) },
      { title: 'never', run: () => Promise.resolve(undefined) },
    ];
    expect(await failureOf(runSteps(steps, ui))).to.equal(boom);
    expect(ui.lines.at(-1)).to.match(/^✘ \[1\/2\] bad/);
  });
});

describe('prompts', () => {
  it('name the flag when there is nobody to ask', async () => {
    const error = await failureOf(askText(plainUi(), { message: 'Name?', flag: '--node-name' }));
    expect(error).to.be.instanceOf(KedgeError).and.include({ code: 'USAGE' });
    expect((error as KedgeError).message).to.contain('--node-name');
  });

  it('take --yes for an answer', async () => {
    expect(await confirm({ ...plainUi(), yes: true }, 'Really?')).to.equal(true);
    expect(await failureOf(confirm(plainUi(), 'Really?'))).to.include({ code: 'USAGE' });
  });
});
