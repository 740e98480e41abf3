import { expect } from 'chai';
import { csv } from '../../../src/cli/csv.ts';
import { numberIn, plot, sparkline } from '../../../src/cli/plot.ts';
import { parseSince } from '../../../src/cli/since.ts';

describe('a plot', () => {
  const at = (values: readonly number[]) => values.map((value, n) => ({ time: 60_000 * n, value }));

  it('draws steps from the lowest to the highest', () => {
    const [top, bottom, axis, ...more] = plot(at([0, 10, 10, 0]), { width: 4, height: 2 });
    expect([top, bottom]).to.deep.equal(['10 ┤\u2800⢸⠉⢹', ' 0 ┤⣀⣸\u2800⢸']);
    expect(axis).to.match(/^ {4}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d{4}-/);
    expect(more).to.deep.equal([]);
  });

  it('misses no peak between two columns', () => {
    const values = Array.from({ length: 1_000 }, (_, n) => (n === 500 ? 100 : 0));
    const lines = plot(at(values), { width: 10, height: 3 });
    expect(lines[0]?.replace(/[^⠁-⣿]/g, '')).to.have.length(1);
  });

  it('bears one value, none, the same always, and the largest numbers', () => {
    expect(plot([], { width: 10, height: 3 })).to.deep.equal([]);
    for (const values of [[5], [5, 5, 5], [-Number.MAX_VALUE, Number.MAX_VALUE]]) {
      const lines = plot(at(values), { width: 10, height: 4 });
      expect(lines).to.have.length(5);
      expect(lines.join('')).to.match(/[⠁-⣿]/).and.not.contain('NaN');
    }
  });
});

describe('a sparkline', () => {
  it('shows the newest values', () => {
    expect(sparkline([100, 0, 1, 2, 3, 4, 5, 6, 7], 8)).to.equal('▁▂▃▄▅▆▇█');
    expect(sparkline([3, 3], 8)).to.equal('▅▅');
    expect(sparkline([], 8)).to.equal('');
  });
});

describe('the number in a value', () => {
  it('is finite, or none', () => {
    expect(['21.5', '+3', '-1e3', '.5', '5.'].map(numberIn)).to.deep.equal([21.5, 3, -1000, 0.5, 5]);
    for (const text of [undefined, '', 'on', '0x10', 'NaN', 'Infinity', '1e999', ' 1', '1,5'])
      expect(numberIn(text), text).to.equal(undefined);
  });
});

describe('CSV', () => {
  it('quotes what would be read as something else', () => {
    const columns = [
      { title: 'a', value: (row: readonly string[]) => row[0] },
      { title: 'b', value: (row: readonly string[]) => row[1] },
    ];
    expect(csv([['1,2', 'say "x"'], ['line\nbreak'], ['plain', '']], columns)).to.equal('a,b\n"1,2","say ""x"""\n"line\nbreak",\nplain,');
  });
});

describe('a time or how long ago', () => {
  it('is read', () => {
    expect(parseSince('10m', 1_000_000)).to.equal(400_000);
    expect(parseSince('2026-01-31T12:00:00Z')).to.equal(Date.UTC(2026, 0, 31, 12));
    expect(() => parseSince('2026-99')).to.throw('is not a time');
    expect(() => parseSince('soon')).to.throw('is not a duration');
  });
});
