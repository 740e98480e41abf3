import { expect } from 'chai';
import { checkDesired, checkDevice, mergeDesired } from '../../../src/client/twin-rules.ts';
import { KedgeError } from '../../../src/kernel/errors.ts';
import type { Device, DeviceModel, DeviceProperty } from '../../../src/protocol/devices.ts';

const model: DeviceModel = {
  metadata: { name: 'm' },
  spec: {
    properties: [
      { name: 'int', type: 'INT', accessMode: 'ReadWrite', minimum: '-9223372036854775808', maximum: '9223372036854775806' },
      { name: 'double', type: 'DOUBLE', accessMode: 'ReadWrite', minimum: '-1.5', maximum: '1e2' },
      { name: 'bool', type: 'BOOLEAN', accessMode: 'ReadWrite' },
      { name: 'text', type: 'STRING', accessMode: 'ReadWrite', maximum: '5' },
      { name: 'fixed', type: 'INT', accessMode: 'ReadOnly' },
    ],
  },
};
const refusal = (name: string, value: string): string => {
  try {
    checkDesired(model, name, value);
    return '';
  } catch (error) {
    expect(error).to.be.instanceOf(KedgeError).and.include({ code: 'INVALID_INPUT' });
    return (error as KedgeError).message;
  }
};

describe('checkDesired', () => {
  it('accepts what type, range and access mode allow', () => {
    const good: [string, string][] = [
      ['int', '-9223372036854775808'], ['int', '9223372036854775806'], ['double', '-1.5'], ['double', '100'], ['double', '1e1'],
      ['bool', 'false'], ['text', 'hello-world'],
    ]; // prettier-ignore
    for (const [name, value] of good) expect(refusal(name, value), `${name}=${value}`).to.equal('');
  });

  it('says what is wrong', () => {
    expect(refusal('int', '22.5')).to.contain('not int');
    // Two numbers that are one and the same as doubles.
    expect(refusal('int', '9223372036854775807')).to.contain('above its maximum');
    expect(refusal('int', '9223372036854775808')).to.contain('not int');
    expect(refusal('double', '-1.6')).to.contain('below its minimum -1.5');
    expect(refusal('double', '100.1')).to.contain('above its maximum');
    expect(refusal('bool', 'on')).to.contain('true or false');
    expect(refusal('text', 'two words')).to.contain('letters');
    expect(refusal('text', 'x'.repeat(513))).to.contain('512 bytes');
    expect(refusal('fixed', '1')).to.contain('ReadOnly');
    expect(refusal('other', '1')).to.contain('it has int, double, bool, text, fixed');
  });
});

describe('checkDevice', () => {
  const device = (properties: DeviceProperty[]): Device => ({ metadata: { name: 'd' }, spec: { properties } });

  it('wants every property in the model, desired or not', () => {
    checkDevice(device([{ name: 'fixed' }, { name: 'int', desired: { value: '' } }, { name: 'bool', desired: { value: 'true' } }]), model);
    expect(() => checkDevice(device([{ name: 'other' }]), model)).to.throw(KedgeError, 'no property other');
    expect(() => checkDevice(device([{ name: 'fixed', desired: { value: '1' } }]), model)).to.throw(KedgeError, 'ReadOnly');
  });
});

describe('mergeDesired', () => {
  it('changes desired values and keeps everything else', () => {
    const properties = [
      { name: 'a', desired: { value: '1', metadata: { type: 'int' } }, reportCycle: 5 },
      { name: 'b', visitors: { protocolName: 'modbus' } },
      { name: 'c', desired: { value: '3' } },
    ];
    const merged = mergeDesired(properties, new Map([['a', '2'], ['b', 'x'], ['d', 'y']])); // prettier-ignore
    expect(merged).to.deep.equal([
      { name: 'a', desired: { value: '2', metadata: { type: 'int' } }, reportCycle: 5 },
      { name: 'b', visitors: { protocolName: 'modbus' }, desired: { value: 'x' } },
      { name: 'c', desired: { value: '3' } },
      { name: 'd', desired: { value: 'y' } },
    ]);
  });
});
