import { expect } from 'chai';
import { WriteBudget } from '../../../../../src/daemons/cloud/edgecontroller/write-budget.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';

const MIB = 1024 * 1024;

describe('what a node may write without end', () => {
  const text = (bytes: number): string => 'x'.repeat(bytes - 2);

  it('is 4 MiB at once and 4 KiB a second then, with a KiB for each object', () => {
    const clock = new ManualClock();
    const budget = new WriteBudget(clock);
    for (let count = 0; count < 4; count += 1) budget.spend('edge1', text(MIB - 1_024));
    expect(() => budget.spend('edge1', '')).to.throw('node edge1 writes more than');
    clock.advance(1_000);
    for (let count = 0; count < 3; count += 1) budget.spend('edge1', '');
    expect(() => budget.spend('edge1', text(1_024))).to.throw();
    // What was refused has cost nothing.
    clock.advance(1_000);
    budget.spend('edge1', text(4 * 1_024 - 1_024));
  });

  it('is for each node by itself, never more than 4 MiB, and counts what is no object', () => {
    const clock = new ManualClock();
    const budget = new WriteBudget(clock);
    expect(() => budget.spend('edge1', text(4 * MIB))).to.throw();
    budget.spend('edge1', text(4 * MIB - 1_024));
    budget.spend('edge2', text(4 * MIB - 1_024));
    expect(() => budget.spend('edge1', undefined)).to.throw();
    clock.advance(24 * 60 * 60_000);
    expect(() => budget.spend('edge1', text(4 * MIB))).to.throw();
    budget.spend('edge1', undefined);
  });
});
