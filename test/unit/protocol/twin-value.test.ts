import { expect } from 'chai';
import { sameValue } from '../../../src/protocol/twin-value.ts';

describe('sameValue', () => {
  it('compares numbers as numbers and texts as texts', () => {
    expect(sameValue('float', '22', '22.0')).to.equal(true);
    expect(sameValue('Float', '2e1', '20')).to.equal(true);
    expect(sameValue('float', 'NaN', 'NaN')).to.equal(true);
    expect(sameValue('float', 'nan', 'NaN')).to.equal(false);
    expect(sameValue('string', '22', '22.0')).to.equal(false);
    expect(sameValue('int', '0', '')).to.equal(false);
    expect(sameValue('integer', '+5', '05')).to.equal(true);
    expect(sameValue(undefined, 'a', 'a')).to.equal(true);
    expect(sameValue('boolean', 'true', 'True')).to.equal(false);
  });

  it('tells whole numbers apart that are one and the same as doubles', () => {
    expect(sameValue('int', '9007199254740993', '9007199254740992')).to.equal(false);
  });
});
