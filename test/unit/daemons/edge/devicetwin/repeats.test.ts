import { expect } from 'chai';
import { Repeats } from '../../../../../src/daemons/edge/devicetwin/repeats.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';

describe('repetitions', () => {
  const clock = new ManualClock(0);
  let told: [number, string][] = [];
  let repeats: Repeats;
  beforeEach(() => {
    told = [];
    // The largest jitter: each delay is the whole of its step.
    repeats = new Repeats(
      { initialMs: 1_000, maxMs: 60_000, clock, random: () => 1 },
      (key) => void told.push([clock.elapsed() - start, key]),
    );
    start = clock.elapsed();
  });
  let start = 0;
  afterEach(() => repeats.stop());
  const times = (key = 'a'): number[] => told.filter(([, of]) => of === key).map(([at]) => at / 1_000);

  it('come ever more rarely, in the end once in the longest delay', () => {
    repeats.set('a', 'x');
    clock.advance(250_000);
    expect(times()).to.deep.equal([1, 3, 7, 15, 31, 63, 123, 183, 243]);
  });

  it('end with what was to be repeated', () => {
    repeats.set('a', 'x');
    repeats.set('b', 'x');
    clock.advance(5_000);
    repeats.set('a', undefined);
    clock.advance(60_000);
    expect(times('a')).to.deep.equal([1, 3]);
    expect(times('b')).to.deep.equal([1, 3, 7, 15, 31, 63]);
    repeats.stop();
    expect(clock.nextAt).to.equal(undefined);
  });

  it('begin anew with something else, and go on with the same', () => {
    repeats.set('a', 'x');
    clock.advance(8_000);
    for (let at = 0; at < 10; at += 1) repeats.set('a', 'x');
    clock.advance(7_000);
    expect(times()).to.deep.equal([1, 3, 7, 15]);
    repeats.set('a', 'y');
    clock.advance(3_000);
    expect(times()).to.deep.equal([1, 3, 7, 15, 16, 18]);
  });

  it('come at once for somebody new, but no sooner than the first delay after the last one', () => {
    repeats.set('a', 'x');
    clock.advance(20_000);
    repeats.hurry('a');
    clock.advance(0);
    expect(times()).to.deep.equal([1, 3, 7, 15, 20]);
    for (let at = 0; at < 100; at += 1) {
      repeats.hurry('a');
      clock.advance(10);
    }
    expect(times()).to.deep.equal([1, 3, 7, 15, 20, 21]);
    repeats.hurry('nobody');
  });

  it('of many keys are spread', () => {
    for (let at = 0; at < 1_000; at += 1) repeats.set(`k${at}`, 'x');
    clock.advance(1_000);
    expect(told).to.have.length(100);
    clock.advance(1_000);
    expect(told).to.have.length(500);
    clock.advance(1_250);
    expect(new Set(told.map(([, key]) => key)).size).to.be.greaterThan(900);
  });
});
