import { expect } from 'chai';
import type { ConfigData, MappedProperty } from '../../../src/mapper/driver.ts';
import { fromBits, fromRegisters, toBit, toRegisters } from '../../../src/mapper/modbus/convert.ts';
import { readAddress, readVisitor } from '../../../src/mapper/modbus/visitor.ts';

const property = (type: MappedProperty['type'], visitor: ConfigData, minimum?: string): MappedProperty => ({
  ...{ name: 'p', type, readOnly: false, minimum, visitor: { register: 'HoldingRegister', offset: 0, limit: 1, ...visitor } },
});

describe('Modbus: visitors and values', () => {
  const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
  const read = (of: MappedProperty, text: string) => fromRegisters(of, readVisitor(of), bytes(text));
  const written = (of: MappedProperty, value: number | bigint | boolean | string) =>
    toRegisters(of, readVisitor(of), value).toString('hex');

  it('reads what KubeEdge reads', () => {
    expect(read(property('INT', {}), 'fffb')).to.equal(65_531);
    expect(read(property('INT', {}, '-10'), 'fffb')).to.equal(-5);
    expect(read(property('INT', { limit: 2 }), '00010002')).to.equal(65_538);
    expect(read(property('INT', { limit: 2, isRegisterSwap: true }), '00020001')).to.equal(65_538);
    expect(read(property('INT', { limit: 2, isSwap: true }), '01000200')).to.equal(65_538);
    expect(read(property('INT', { limit: 4 }), 'ffffffffffffffff')).to.equal(18446744073709551615n);
    expect(read(property('INT', { scale: 0.5 }), '0007')).to.equal(3);
    expect(read(property('FLOAT', { limit: 2 }), '41ac0000')).to.equal(21.5);
    expect(read(property('FLOAT', { limit: 2, isRegisterSwap: true, isSwap: true }), '0000ac41')).to.equal(21.5);
    expect(read(property('DOUBLE', { limit: 4 }), '3fb999999999999a')).to.equal(0.1);
    expect(read(property('FLOAT', { scale: 0.1 }), '00d7')).to.equal(21.5);
    expect(read(property('BOOLEAN', {}), '0001')).to.equal(true);
    expect(read(property('STRING', { limit: 3 }), '706c63000000')).to.equal('plc');
    const coil = { ...readVisitor(property('INT', { register: 'CoilRegister', limit: 3 })) };
    expect(fromBits({ type: 'INT' }, coil, [true, false, true])).to.equal(5);
    expect(fromBits({ type: 'BOOLEAN' }, coil, [true])).to.equal(true);
  });

  it('writes what is then read, of every type, order and scale', () => {
    for (const swaps of [{}, { isSwap: true }, { isRegisterSwap: true }, { isSwap: true, isRegisterSwap: true }])
      for (const [of, value] of [
        [property('INT', { ...swaps }), 40_000],
        [property('INT', { ...swaps, limit: 2 }, '-1'), -123_456],
        [property('INT', { ...swaps, limit: 4 }), 9007199254740993n],
        [property('FLOAT', { ...swaps, scale: 0.1 }), 21.5],
        [property('FLOAT', { ...swaps, limit: 2 }), -0.3],
        [property('DOUBLE', { ...swaps, limit: 4 }), 1e-7],
        [property('BOOLEAN', { ...swaps }), true],
        [property('STRING', { ...swaps, limit: 2 }), 'abc'],
      ] as const)
        expect(fromRegisters(of, readVisitor(of), toRegisters(of, readVisitor(of), value))).to.equal(value);
    expect(written(property('INT', {}), 300)).to.equal('012c');
    expect([toBit(true), toBit(0)]).to.deep.equal([true, false]);
  });

  it('refuses values that do not fit', () => {
    expect(() => written(property('INT', {}), 65_536)).to.throw('65536 does not fit into 16 unsigned bits');
    expect(() => written(property('INT', {}), -1)).to.throw('-1 does not fit into 16 unsigned bits');
    expect(() => written(property('INT', {}, '-5'), 40_000)).to.throw('40000 does not fit into 16 signed bits');
    expect(() => written(property('STRING', { limit: 1 }), 'abc')).to.throw('has 3 bytes, and 1 registers hold 2');
    expect(() => toBit(2)).to.throw('2 is no value of a coil');
  });

  it('names the key that is wrong', () => {
    const refusal =
      (visitor: ConfigData, type: MappedProperty['type'] = 'INT') =>
      () =>
        readVisitor(property(type, visitor));
    expect(() => readVisitor({ ...property('INT', {}), visitor: {} })).to.throw(
      'property p: visitors.configData.register is missing: one of CoilRegister',
    );
    expect(refusal({ register: 'Holding' })).to.throw('configData.register is "Holding": one of');
    expect(() => readVisitor({ ...property('INT', {}), visitor: { register: 'CoilRegister' } })).to.throw('configData.offset is missing');
    expect(refusal({ offset: 70_000 })).to.throw('configData.offset is 70000: a whole number from 0 to 65535');
    expect(refusal({ limit: 3 })).to.throw('configData.limit is 3: INT in HoldingRegister takes 1, 2, 4');
    expect(refusal({ limit: 200 }, 'STRING')).to.throw('configData.limit is 200: a whole number from 1 to 125');
    expect(refusal({ scale: 0 })).to.throw('configData.scale is 0');
    expect(refusal({ isSwap: 'yes' })).to.throw('configData.isSwap is "yes": true or false');
    expect(() => readAddress({})).to.throw('protocol.configData.ip is missing');
    expect(() => readAddress({ ip: 'plc', port: 0 })).to.throw('protocol.configData.port is 0: a whole number from 1 to 65535');
    expect(() => readAddress({ ip: 'plc', communication: 'RTU' })).to.throw('communication RTU is not supported: only TCP is');
    expect(readAddress({ IP: 'plc', slaveid: 3 })).to.deep.equal({ ip: 'plc', port: 502, slaveId: 3 });
  });
});
