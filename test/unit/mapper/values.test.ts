import { expect } from 'chai';
import type { PropertyType } from '../../../src/mapper/driver.ts';
import { formatValue, parseValue } from '../../../src/mapper/values.ts';

describe('values of properties', () => {
  const parsed = (type: PropertyType | undefined, text: string) => parseValue({ type }, text);
  const text = (type: PropertyType | undefined, value: number | bigint | boolean | string) => formatValue({ type }, value);

  it('gives a driver the type that the model says', () => {
    expect(parsed('INT', '-7')).to.equal(-7);
    expect(parsed('INT', '+9007199254740993')).to.equal(9007199254740993n);
    expect(parsed('FLOAT', '2.5')).to.equal(2.5);
    expect(parsed('DOUBLE', '1e-3')).to.equal(0.001);
    expect(parsed('BOOLEAN', 'true')).to.equal(true);
    expect(parsed('BOOLEAN', 'false')).to.equal(false);
    expect([parsed('STRING', '7'), parsed('BYTES', '00ff'), parsed(undefined, '1')]).to.deep.equal(['7', '00ff', '1']);
  });

  it('refuses what is not of that type', () => {
    expect(() => parsed('INT', '2.5')).to.throw('"2.5": the value is not int or integer');
    expect(() => parsed('FLOAT', 'warm')).to.throw('"warm": the value is not float');
    expect(() => parsed('BOOLEAN', '1')).to.throw('"1": the bool value must be true or false');
    expect(() => text('INT', 2.5)).to.throw('"2.5" was read: the value is not int or integer');
    expect(() => text('STRING', 'two words')).to.throw('only include');
    expect(() => text('STRING', '')).to.throw('it is empty');
  });

  it('writes numbers without an exponent, for a twin can have no +', () => {
    expect([text('FLOAT', 1e21), text('DOUBLE', 1.5e-7), text('FLOAT', -2.25)]).to.deep.equal([
      '1000000000000000000000',
      '0.00000015',
      '-2.25',
    ]);
    expect([text('INT', 9007199254740993n), text('BOOLEAN', false)]).to.deep.equal(['9007199254740993', 'false']);
  });
});
