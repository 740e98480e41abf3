import { expect } from 'chai';
import { Observer } from '../../../src/sim/observer.ts';
import type { SimSample } from '../../../src/sim/sample.ts';
import { NO_TRAFFIC, addTraffic } from '../../../src/sim/traffic.ts';
import type { TrafficCount } from '../../../src/sim/traffic.ts';

describe('the observer of a simulation', () => {
  let memory: number | undefined = 1_000;
  const samples: SimSample[] = [];
  const create = (): Observer =>
    new Observer({ edges: 2, devices: 0, processes: 1, cloudBytes: () => memory, onSample: (sample) => samples.push(sample) });
  const count = (changes: Partial<TrafficCount>): TrafficCount => ({ ...NO_TRAFFIC, enrolled: 2, ...changes });

  it('tells of each time in which not all edges were Ready, and of how many were left', () => {
    const observer = create();
    observer.observe(count({ ready: 0 }));
    observer.observe(count({ ready: 2 }));
    observer.begin();
    for (const ready of [2, 1, 0, 1, 2, 2, 1]) observer.observe(count({ ready }));
    const { outages } = observer.result();
    expect(outages.map(({ fewestReady, lastedMs }) => [fewestReady, lastedMs !== undefined])).to.deep.equal([
      [0, true],
      [1, false],
    ]);
  });

  it('has the memory of the cloud before, at its highest and at the end, for each edge', () => {
    memory = 1_000;
    const observer = create();
    observer.begin();
    for (memory of [5_000, 3_000]) observer.observe(count({ ready: 2 }));
    expect(observer.result().cloudMemory).to.deep.equal({ beforeBytes: 1_000, peakBytes: 5_000, endBytes: 3_000, perEdgeBytes: 1_000 });
    memory = undefined;
    observer.observe(count({ ready: 2 }));
    expect(observer.result()).to.not.have.property('cloudMemory');
  });

  it('has the times of reports since everything was there', () => {
    const observer = create();
    observer.observe(count({ confirmMs: [999] }));
    observer.begin();
    observer.observe(count({ ready: 2, reports: 4, confirmed: 3, confirmMs: [3, 1, 2], up: 4, bytesUp: 400, down: 1, bytesDown: 50 }));
    const { reports, bytesPerMessage } = observer.result();
    expect(reports.confirmMs).to.deep.equal({ p50: 2, p95: 3, max: 3 });
    expect(bytesPerMessage).to.deep.equal({ up: 100, down: 50 });
  });

  it('takes the counts of several processes for one', () => {
    const sum = addTraffic([count({ ready: 1, confirmMs: [1] }), count({ ready: 2, confirmMs: [2], trouble: 'no answer' }), NO_TRAFFIC]);
    expect(sum).to.deep.include({ enrolled: 4, ready: 3, confirmMs: [1, 2], trouble: 'no answer' });
  });
});
