import { expect } from 'chai';
import { TwinPanel } from '../../../src/cli/twin-panel.ts';

describe('the picture of twins', () => {
  const at = (second: number): string => new Date(second * 1000).toISOString();

  it('has the trend of numbers, and ages that go on', () => {
    const panel = new TwinPanel();
    for (const [second, reported] of ['18', '20', '19.5', '22'].entries()) {
      const temperature = { property: 'temperature', desired: '22', reported, updated: at(second) };
      panel.take([temperature, { property: 'mode', reported: 'eco', updated: at(0) }, { property: 'lit' }], 'online');
    }
    expect(
      panel
        .text(13_000)
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).to.deep.equal([
      ['state online'],
      ['PROPERTY', 'DESIRED', 'REPORTED', 'AGE', 'TREND'],
      ['temperature', '22', '22', '10s', '▁▅▄█'],
      ['mode', '<none>', 'eco', '13s', '-'],
      ['lit', '<none>', '<none>', '<none>', '-'],
    ]);
    expect(panel.text(14_000)).to.contain('  11s  ');
  });

  it('counts a report once, though the device changes otherwise, and the same value again when it is reported again', () => {
    const panel = new TwinPanel();
    const report = (second: number): void => panel.take([{ property: 'x', reported: '1', updated: at(second) }], undefined);
    for (const second of [0, 0, 1]) report(second);
    expect(panel.text(0).split('\n').at(-1)).to.match(/ ▅▅$/);
  });

  it('keeps no more than it shows', () => {
    const panel = new TwinPanel();
    for (let value = 0; value < 100; value += 1) panel.take([{ property: 'x', reported: String(value), updated: at(value) }], undefined);
    expect(panel.text(0).split('\n').at(-1)?.split(/\s+/).at(-1)).to.have.length(30);
  });
});
