import { expect } from 'chai';
import { align } from '../../../src/conformance/align.ts';

const costs = { pair: (left: string, right: string) => (left === right ? 0 : 3), missing: () => 2, surplus: () => 2 };
const aligned = (left: string, right: string): string =>
  align(left.split(' '), right.split(' '), costs)
    .map(({ left: own, right: other = '-' }) => own + other)
    .join(' ');

describe('the alignment of two sequences', () => {
  it('pairs in order at the least cost', () => {
    expect(aligned('a b c', 'a b c')).to.equal('aa bb cc');
    expect(aligned('a b c', 'a c')).to.equal('aa b- cc');
    expect(aligned('a c', 'a b c')).to.equal('aa cc');
    expect(aligned('a b', 'x b')).to.equal('ax bb');
    expect(align(['a'], [], costs)).to.deep.equal([{ left: 'a', right: undefined }]);
    expect(align([], ['a'], costs)).to.deep.equal([]);
  });
});
