import { expect } from 'chai';
import type { PlannedProperty } from '../../../src/mapper/mapped-device.ts';
import { Schedule } from '../../../src/mapper/schedule.ts';

const property = (name: string, desired?: string, readOnly = false): PlannedProperty => ({
  ...{ name, readOnly, visitor: {}, collectCycleMs: 100, reportCycleMs: 0, reportToCloud: true, pushMethod: undefined, desired },
});
const deviceOf = (...properties: PlannedProperty[]) => ({ id: 'd/d', namespace: 'd', name: 'd', model: '', protocol: {}, properties });

describe('the schedule of a device', () => {
  const next = (schedule: Schedule) => {
    const due = schedule.next()!;
    return `${due.kind} ${due.property.name} ${due.property.desired ?? '-'} at ${due.at}`;
  };

  it('writes what is desired first, and then reads it at once; what is read only is never written', () => {
    const schedule = Schedule.of(deviceOf(property('a'), property('b', '1'), property('c', '2', true)), 1_000);
    expect(next(schedule)).to.equal('write b 1 at 1000');
    schedule.done(schedule.next()!, 1_010);
    expect(next(schedule)).to.equal('read a - at 1000');
    schedule.done(schedule.next()!, 1_020);
    expect(next(schedule)).to.equal('read c 2 at 1000');
    schedule.done(schedule.next()!, 1_020);
    expect(next(schedule)).to.equal('read b 1 at 1010');
  });

  it('keeps to the cycle, and leaves out what was missed', () => {
    const schedule = Schedule.of(deviceOf(property('a')), 0);
    schedule.done(schedule.next()!, 30);
    expect(next(schedule)).to.equal('read a - at 100');
    schedule.done(schedule.next()!, 950);
    expect(next(schedule)).to.equal('read a - at 950');
  });

  it('writes again with back-off, and forgets a value that was replaced meanwhile', () => {
    const schedule = Schedule.of(deviceOf(property('b', '1')), 0);
    const write = schedule.next()!;
    schedule.failed(write, 10);
    schedule.done(schedule.next()!, 10);
    const waits: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      const due = schedule.next()!;
      const now = due.at;
      if (due.kind === 'read') schedule.done(due, now);
      else {
        schedule.failed(due, now);
        waits.push(now);
      }
    }
    expect(waits[0]).to.be.within(260, 510);
    const replaced = property('b', '2');
    schedule.wantWrite(replaced, 5);
    schedule.failed(write, 6);
    expect(next(schedule)).to.equal('write b 2 at 5');
    schedule.done(write, 7);
    expect(next(schedule)).to.equal('write b 2 at 5');
    schedule.failed(schedule.next()!, 8, true);
    expect(schedule.next()?.kind).to.equal('read');
  });
});
