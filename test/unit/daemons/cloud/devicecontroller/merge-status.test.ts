import { expect } from 'chai';
import { mergeReports, mergeStatus } from '../../../../../src/daemons/cloud/devicecontroller/merge-status.ts';
import { RecentIds } from '../../../../../src/daemons/cloud/devicecontroller/recent-ids.ts';
import type { Device } from '../../../../../src/protocol/devices.ts';

const device: Device = { metadata: { name: 'd', namespace: 'ns' }, spec: { properties: [{ name: 'a' }, { name: 'b' }] } };

describe('reports of a device', () => {
  it('are merged value by value, the newer over the older', () => {
    const older = { twins: new Map([['a', { actual: { value: '1' }, expected: { value: '9' } }]]), state: 'online' };
    const newer = {
      twins: new Map([
        ['a', { actual: { value: '2' } }],
        ['b', { actual: { value: '3' } }],
      ]),
    };
    const merged = mergeReports(older, newer);
    expect(merged.state).to.equal('online');
    expect(Object.fromEntries(merged.twins)).to.deep.equal({
      a: { actual: { value: '2' }, expected: { value: '9' } },
      b: { actual: { value: '3' } },
    });
  });

  it('leave the status of a device without a spec empty', () => {
    const report = { twins: new Map([['a', { actual: { value: '1' } }]]) };
    expect(mergeStatus({ metadata: { name: 'bare' } }, {}, report)).to.deep.equal({ twins: [] });
  });

  it('become the status of the properties in the spec; what they do not name stays', () => {
    const before = {
      twins: [
        { propertyName: 'b', reported: { value: 'old' } },
        { propertyName: 'gone', reported: { value: 'x' } },
      ],
      state: 'ok',
    };
    const report = {
      twins: new Map([
        ['a', { actual: { value: '1', timestamp: 5, type: 'int' }, expected: { value: '2' } }],
        ['stranger', { actual: { value: '1' } }],
      ]),
      lastOnlineTime: '2026-11-21T02:11:59Z',
    };
    expect(mergeStatus(device, before, report)).to.deep.equal({
      twins: [
        {
          propertyName: 'a',
          reported: { value: '1', metadata: { timestamp: '5', type: 'int' } },
          observedDesired: { value: '2', metadata: {} },
        },
        { propertyName: 'b', reported: { value: 'old' } },
      ],
      state: 'ok',
      lastOnlineTime: '2026-11-21T02:11:59Z',
    });
  });

  it('are recognised when they are repeated', () => {
    const ids = new RecentIds();
    expect(ids.add('d', 'first')).to.equal(true);
    expect(ids.add('d', 'first')).to.equal(false);
    expect(ids.add('other', 'first')).to.equal(true);
    for (let n = 0; n < 64; n++) ids.add('d', String(n));
    expect(ids.add('d', 'first')).to.equal(true);
    ids.remove('d', ['first']);
    expect(ids.add('d', 'first')).to.equal(true);
  });
});
