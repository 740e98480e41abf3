import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { DECLARED } from '../../../src/conformance/declared.ts';

describe('docs/differences.md', () => {
  const text = readFileSync(new URL('../../../docs/differences.md', import.meta.url), 'utf8');
  const told = text.split('\n').filter((line) => line.startsWith('- '));

  it('tells every difference that the conformance kit takes for one on purpose, and no other', () => {
    const reasons = [...new Set(DECLARED.map(({ reason }) => `- ${reason}`))];
    expect(told.sort()).to.deep.equal(reasons.sort());
  });
});
