import { expect } from 'chai';
import { table } from '../../../src/cli/table.ts';
import { fields } from '../../../src/cli/fields.ts';

describe('table', () => {
  it('pads every column but the last and shows what is missing', () => {
    const rows = [
      { name: 'a', node: 'edge-1' },
      { name: 'longer-name', node: undefined },
    ];
    const text = table(rows, [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'NODE', value: ({ node }) => node },
    ]);
    expect(text).to.equal(['NAME          NODE', 'a             edge-1', 'longer-name   <none>'].join('\n'));
  });

  it('shows the headings of an empty list', () => {
    expect(table([], [{ title: 'NAME', value: () => '' }])).to.equal('NAME');
  });

  it('lets nobody move the cursor', () => {
    expect(table(['\u001b[2Jx\n'], [{ title: 'VALUE', value: (text) => text }])).to.equal('VALUE\n?[2Jx?');
    expect(fields({ Name: '\u009b31m' })).to.equal('Name: ?31m');
  });
});

describe('fields', () => {
  it('aligns values, gives lists a line per element and leaves out what is not there', () => {
    expect(fields({ Name: 'x', Labels: ['a=1', 'b=2'], Node: undefined, Taints: [] })).to.equal('Name:   x\nLabels: a=1\n        b=2');
  });
});
