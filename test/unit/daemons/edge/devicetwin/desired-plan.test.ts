import { expect } from 'chai';
import { planDesired } from '../../../../../src/daemons/edge/devicetwin/desired-plan.ts';
import type { DesiredPlan } from '../../../../../src/daemons/edge/devicetwin/desired-plan.ts';
import type { PropertySpec } from '../../../../../src/protocol/device-spec.ts';
import type { TwinState } from '../../../../../src/store/device-twins.ts';
import type { PropertyRow } from '../../../../../src/store/devices.ts';

const NOW = 1_700_000_000_000;

/** A device that takes one object after another. */
class Taker {
  readonly twins = new Map<string, TwinState>();
  readonly recorded = new Map<string, PropertyRow>();
  #version = 100;

  take(...wanted: PropertySpec[]): DesiredPlan {
    this.#version += 1;
    const plan = planDesired({ twins: this.twins, recorded: this.recorded, wanted, cloudVersion: this.#version, now: NOW });
    for (const [name, twin] of plan.writes) this.twins.set(name, twin);
    for (const record of plan.records) this.recorded.set(record.name, record);
    for (const name of plan.forgotten) {
      this.recorded.delete(name);
      this.twins.delete(name);
    }
    return plan;
  }

  expected(name: string): string | undefined {
    return this.twins.get(name)?.expected?.value;
  }
}

describe('desired values of a Device object', () => {
  it('become expected once; the same object again changes nothing', () => {
    const device = new Taker();
    const plan = device.take({ name: 't', desired: '20', type: 'int' });
    expect(device.twins.get('t')).to.deep.equal({
      type: 'int',
      optional: false,
      expected: { value: '20', timestamp: NOW },
      expectedVersion: { cloud: 101, edge: 0 },
    });
    expect([...plan.reports]).to.deep.equal(['t']);
    const again = device.take({ name: 't', desired: '20', type: 'int' });
    expect([again.writes.size, again.records.length, again.document.size, again.reports.size]).to.deep.equal([0, 0, 0, 0]);
  });

  it('do not undo what the edge expects on its own, until the cloud asks for something else', () => {
    const device = new Taker();
    device.take({ name: 't', desired: '20', type: 'int' });
    const local = { ...device.twins.get('t')!, expected: { value: '77', timestamp: NOW }, expectedVersion: { cloud: 101, edge: 1 } };
    device.twins.set('t', local);
    device.take({ name: 't', desired: '20', type: 'int' });
    expect(device.expected('t')).to.equal('77');
    device.take({ name: 't', desired: '60', type: 'int' });
    expect(device.expected('t')).to.equal('60');
    expect(device.twins.get('t')?.expectedVersion).to.deep.equal({ cloud: 103, edge: 1 });
  });

  it('that the model does not allow are refused until it does', () => {
    const device = new Taker();
    const wanted = (maximum: string) => ({ name: 't', desired: '31', type: 'int', rules: { type: 'INT', maximum } });
    expect(device.take(wanted('30')).records.map(({ refusal }) => refusal)).to.deep.equal(['it is above its maximum 30']);
    expect(device.expected('t')).to.equal(undefined);
    expect(device.take(wanted('30')).records).to.deep.equal([]);
    device.take(wanted('40'));
    expect(device.expected('t')).to.equal('31');
    const readOnly = device.take({ name: 'r', desired: '1', type: 'int', rules: { accessMode: 'ReadOnly' } });
    expect([...readOnly.writes.keys()]).to.deep.equal([]);
  });

  it('that the type refuses are recorded with the reason, and the last good one stays', () => {
    const device = new Taker();
    device.take({ name: 't', desired: '20', type: 'int' });
    const { records, writes } = device.take({ name: 't', desired: 'warm', type: 'int' });
    expect(records).to.deep.equal([{ name: 't', desired: 'warm', type: 'int', refusal: 'the value is not int or integer' }]);
    expect(writes.size).to.equal(0);
    expect(device.expected('t')).to.equal('20');
    device.take({ name: 't', desired: '21', type: 'int' });
    expect(device.expected('t')).to.equal('21');
    expect(device.recorded.get('t')?.refusal).to.equal(null);
  });

  it('get their type corrected when the model arrives late', () => {
    const device = new Taker();
    device.take({ name: 't', desired: '20' });
    expect(device.twins.get('t')?.type).to.equal('string');
    device.take({ name: 't', desired: '20', type: 'int' });
    expect(device.twins.get('t')?.type).to.equal('int');
    const { records } = device.take({ name: 't', desired: '20', type: 'boolean' });
    expect(records[0]?.refusal).to.equal('the bool value must be true or false');
  });

  it('go when the cloud takes them back; reports stay', () => {
    const device = new Taker();
    device.take({ name: 't', desired: '20', type: 'int' });
    device.twins.set('t', { ...device.twins.get('t')!, actual: { value: '19', timestamp: NOW }, actualVersion: { cloud: 0, edge: 1 } });
    device.take({ name: 't', type: 'int' });
    expect(device.expected('t')).to.equal(undefined);
    expect(device.twins.get('t')?.actual?.value).to.equal('19');
  });

  it('go with their property, and twins that only applications know stay', () => {
    const device = new Taker();
    device.take({ name: 't', desired: '20', type: 'int' }, { name: 'u', desired: 'ON' });
    device.twins.set('own', { type: 'string', optional: true });
    const { forgotten, document } = device.take({ name: 'u', desired: 'ON' });
    expect(forgotten).to.deep.equal(['t']);
    expect(document.get('t')?.current).to.equal(null);
    expect([...device.twins.keys()]).to.deep.equal(['u', 'own']);
  });
});
