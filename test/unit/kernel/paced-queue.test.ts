import { expect } from 'chai';
import { PacedQueue, URGENT } from '../../../src/kernel/paced-queue.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

describe('PacedQueue', () => {
  let clock: ManualClock;
  let sent: string[];
  let queue: PacedQueue<string>;
  beforeEach(() => {
    clock = new ManualClock();
    sent = [];
    queue = new PacedQueue({ clock, perSecond: 30, burst: 60, limit: 100, send: (item) => void sent.push(item) });
  });
  const put = (count: number, lane: string): number =>
    Array.from({ length: count }, (_, i) => queue.put(`${lane}${i}`, lane)).filter((taken) => taken).length;

  it('lets a burst through at once and then so many a second, in their order', () => {
    expect(put(150, 'a')).to.equal(150);
    expect(sent).to.have.length(60);
    clock.advance(1_000);
    expect(sent).to.have.length(90);
    clock.advance(1_500);
    expect(sent).to.have.length(135);
    clock.advance(10_000);
    expect(sent).to.deep.equal(Array.from({ length: 150 }, (_, i) => `a${i}`));
  });

  it('saves no more than a burst for later', () => {
    clock.advance(3_600_000);
    put(100, 'a');
    expect(sent).to.have.length(60);
  });

  it('never lets more than the burst and the rate through in any second', () => {
    for (let ms = 0; ms < 5_000; ms += 10) {
      put(3, 'a');
      clock.advance(10);
    }
    expect(sent.length).to.be.within(60 + 5 * 30 - 1, 60 + 5 * 30);
  });

  it('refuses what no lane has room for, and takes it when there is room again', () => {
    expect(put(200, 'a')).to.equal(160);
    expect(put(10, 'b')).to.equal(10);
    clock.advance(1_000);
    expect(put(100, 'a')).to.be.within(20, 30);
  });

  it('sends what is urgent first, and starves none of the others', () => {
    put(60, 'burst');
    put(100, 'a');
    put(100, 'b');
    put(2, URGENT);
    sent.length = 0;
    clock.advance(200);
    expect(sent).to.deep.equal(['urgent0', 'urgent1', 'a0', 'b0', 'a1', 'b1']);
  });

  it('is silent after its end', () => {
    put(61, 'a');
    queue.close();
    clock.advance(1_000);
    expect(sent).to.have.length(60);
    expect(queue.put('late')).to.equal(false);
  });
});
