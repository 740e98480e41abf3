import { expect } from 'chai';
import type { MappedProperty } from '../../../src/mapper/driver.ts';
import { VirtualDriver } from '../../../src/mapper/virtual/virtual-driver.ts';

const property = (name: string, rest: Partial<MappedProperty> = {}): MappedProperty => ({
  name,
  readOnly: false,
  type: 'FLOAT',
  visitor: {},
  ...rest,
});
const deviceOf = (...properties: MappedProperty[]) => ({ namespace: 'default', name: 'd', model: 'm', protocol: {}, properties });

describe('virtual devices', () => {
  let now = 0;
  const driver = new VirtualDriver({ elapsed: () => now });
  const target = property('target', { minimum: '5' });
  const temperature = property('temperature', { readOnly: true, visitor: { follows: 'target', rate: 2, initial: 10 } });
  const wave = property('wave', { readOnly: true, type: 'INT', minimum: '10', maximum: '20', visitor: { period: 4 } });
  const lamp = property('lamp', { readOnly: true, type: 'BOOLEAN', visitor: { period: 4 } });

  it('hold what is written, follow it, and move by themselves', () => {
    const device = deviceOf(target, temperature, wave, lamp);
    driver.check(device);
    const handle = driver.open(device);
    expect([handle.read(target), handle.read(temperature), handle.read(wave), handle.read(lamp)]).to.deep.equal([5, 10, 10, false]);
    void handle.write?.(target, 20);
    now = 2_000;
    expect([handle.read(target), handle.read(temperature), handle.read(wave), handle.read(lamp)]).to.deep.equal([20, 14, 20, true]);
    now = 60_000;
    expect(driver.open(device).read(target)).to.equal(20);
    expect(handle.read(temperature)).to.equal(20);
  });

  it('say which key of a visitor is wrong', () => {
    const refusal = (rest: Partial<MappedProperty>) => () => driver.check(deviceOf(property('p', rest)));
    expect(refusal({ visitor: { register: 1 } })).to.throw(
      'property p: visitors.configData.register is not known here; there are initial, follows, rate, period',
    );
    expect(refusal({ visitor: { rate: 'fast' } })).to.throw('configData.rate is not a number');
    expect(refusal({ visitor: { follows: 'q' } })).to.throw('configData.follows: there is no property q');
    expect(refusal({ visitor: { period: 0 } })).to.throw('configData.period is not above 0');
    expect(refusal({ maximum: 'high' })).to.throw('property p: its maximum high is no number');
  });
});
