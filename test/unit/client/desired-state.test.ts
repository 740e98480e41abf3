import { expect } from 'chai';
import { propertyStates } from '../../../src/client/desired-state.ts';
import type { PropertyState } from '../../../src/client/desired-state.ts';
import type { Device, DeviceModel, Twin, TwinProperty } from '../../../src/protocol/devices.ts';

const TAKEN = Date.parse('2026-11-28T10:00:00Z');
const REPORTED = Date.parse('2026-11-28T10:05:00Z');
const WRITTEN = '2026-11-28T09:59:58Z';
const at = (value: string, timestamp: number, type = 'int'): TwinProperty => ({ value, metadata: { timestamp: String(timestamp), type } });
const model: DeviceModel = {
  metadata: { name: 'm' },
  spec: {
    properties: [
      { name: 't', type: 'INT', accessMode: 'ReadWrite', minimum: '5', maximum: '30' },
      { name: 'f', type: 'DOUBLE', accessMode: 'ReadWrite' },
      { name: 'r', type: 'INT', accessMode: 'ReadOnly' },
    ],
  },
};

/** The state of one property, its status where KubeEdge 1.23 has it, and where older ones have it. */
function stateOf(name: string, desired: string | undefined, twin: Omit<Twin, 'propertyName'> | undefined): Omit<PropertyState, 'property'> {
  const status = { twins: twin === undefined ? [] : [{ propertyName: name, ...twin }] };
  const metadata = {
    name: 'd',
    managedFields: [
      { manager: 'kedge', time: WRITTEN, fieldsV1: { 'f:spec': { 'f:properties': {} } } },
      { manager: 'kubectl', time: '2026-11-28T09:00:00Z', fieldsV1: { 'f:spec': { 'f:properties': {} } } },
      { manager: 'cloud', time: '2026-11-28T11:00:00Z', fieldsV1: { 'f:status': {} } },
    ],
  };
  const device: Device = { metadata, spec: { properties: [{ name, ...(desired !== undefined && { desired: { value: desired } }) }] } };
  const [newer] = propertyStates({ device, status: { metadata, status }, model });
  const [older] = propertyStates({ device: { ...device, status }, model });
  expect(newer).to.deep.equal(older);
  const { property, desired: shown, reported, type, updated, ...rest } = newer!;
  expect(shown).to.equal(desired);
  expect([property, reported ?? '', type]).to.deep.equal([name, twin?.reported?.value ?? '', name === 'f' ? 'float' : 'int']);
  expect(updated).to.equal(twin?.reported === undefined ? undefined : new Date(REPORTED).toISOString());
  return rest;
}

describe('the state of a desired value', () => {
  it('is none where nothing is desired', () => {
    expect(stateOf('t', undefined, { reported: at('20', REPORTED) })).to.deep.equal({});
  });

  it('is pending since it was written until the edge has it, then since the edge has it', () => {
    const unconfirmed = { status: 'pending', since: WRITTEN, reason: 'the edge has not confirmed it yet' };
    expect(stateOf('t', '22', undefined)).to.deep.equal(unconfirmed);
    expect(stateOf('t', '22', { observedDesired: at('21', TAKEN), reported: at('21', REPORTED) })).to.deep.equal(unconfirmed);
    const taken = { status: 'pending', since: '2026-11-28T10:00:00.000Z' };
    expect(stateOf('t', '22', { observedDesired: at('22', TAKEN) })).to.deep.equal({
      ...taken,
      reason: 'the device has reported nothing yet',
    });
    const other = stateOf('t', '22', { observedDesired: at('22', TAKEN), reported: at('20', REPORTED) });
    expect(other).to.deep.equal({ ...taken, reason: 'the device reports 20' });
  });

  it('is applied when the device reports the same by the value of its type, and the edge or the device said so last', () => {
    const since = '2026-11-28T10:05:00.000Z';
    expect(stateOf('t', '22', { observedDesired: at('22', TAKEN), reported: at('22', REPORTED) })).to.deep.equal({
      status: 'applied',
      since,
    });
    expect(stateOf('f', '22', { reported: at('22.0', REPORTED, 'float') })).to.deep.equal({ status: 'applied', since });
  });

  it('is rejected, with the reason, when the model does not allow it', () => {
    const rejected = { status: 'rejected', since: WRITTEN };
    expect(stateOf('t', '31', undefined)).to.deep.equal({ ...rejected, reason: 'it is above its maximum 30' });
    expect(stateOf('t', '4', undefined)).to.deep.equal({ ...rejected, reason: 'it is below its minimum 5' });
    expect(stateOf('t', 'warm', undefined)).to.deep.equal({ ...rejected, reason: 'the value is not int or integer' });
    const readOnly = { ...rejected, reason: 'the property is ReadOnly: it is reported, not set' };
    expect(stateOf('r', '1', undefined)).to.deep.equal(readOnly);
  });

  it('has a warning beside a reported value that is out of range', () => {
    expect(stateOf('t', undefined, { reported: at('99', REPORTED) })).to.deep.equal({ warning: 'above its maximum 30' });
  });
});
