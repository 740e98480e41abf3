import { expect } from 'chai';
import { stateOf, twinRows } from '../../../src/client/twin-rows.ts';
import type { Device, DeviceStatus } from '../../../src/protocol/devices.ts';

const at = (value: string, timestamp = '1795000000000') => ({ value, metadata: { timestamp, type: 'int' } });
const device: Device = {
  metadata: { name: 'd' },
  spec: { properties: [{ name: 't', desired: { value: '22' } }, { name: 'h' }] },
  status: { state: 'offline', twins: [{ propertyName: 't', reported: at('20') }, { propertyName: 'extra', observedDesired: at('1'), reported: at('', 'x') }] }, // prettier-ignore
};
const status: DeviceStatus = { metadata: { name: 'd' }, status: { state: 'online', twins: [{ propertyName: 't', reported: at('21') }] } };

describe('twinRows', () => {
  it('puts spec and the older status together', () => {
    expect(twinRows({ device })).to.deep.equal([
      { property: 't', desired: '22', reported: '20', type: 'int', updated: '2026-11-18T11:06:40.000Z' },
      { property: 'h' },
      { property: 'extra', desired: '1', type: 'int' },
    ]);
    expect(stateOf({ device })).to.equal('offline');
  });

  it('has nothing to show for objects without a spec', () => {
    const bare = { metadata: { name: 'bare' } };
    expect(twinRows({ device: bare, model: bare })).to.deep.equal([]);
  });

  it('prefers the DeviceStatus and takes types from the model', () => {
    const model = { metadata: { name: 'm' }, spec: { properties: [{ name: 'h', type: 'DOUBLE', accessMode: 'ReadOnly' } as const] } };
    const rows = twinRows({ device, status, model });
    expect(rows).to.deep.include({ property: 'h', type: 'float' });
    expect(rows[0]).to.include({ reported: '21' });
    expect(rows).to.have.length(2);
    expect(stateOf({ device, status })).to.equal('online');
  });
});
