import { expect } from 'chai';
import { Echoes } from '../../../src/mqtt/echoes.ts';
import type { MqttMessage } from '../../../src/mqtt/message.ts';
import { Outbound } from '../../../src/mqtt/outbound.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

const message = (text: string, qos: 0 | 1 = 1): MqttMessage => ({ topic: 't', payload: Buffer.from(text), qos, retain: false });
const taken = (outbound: Outbound): string[] => {
  const texts: string[] = [];
  for (let next = outbound.next(); next !== undefined; next = outbound.next()) texts.push(next.payload.toString());
  return texts;
};

describe('mqtt: outbound', () => {
  it('keeps the order, and sends again what was not acknowledged', () => {
    const outbound = new Outbound({ messages: 10, bytes: 100 });
    const all = ['a', 'b', 'c', 'd'].map((text) => message(text, text === 'c' ? 0 : 1));
    for (const one of all) outbound.add(one);
    expect(taken(outbound)).to.deep.equal(['a', 'b', 'c', 'd']);
    outbound.settle(all[0]!);
    outbound.add(message('e'));
    outbound.rewind();
    // At QoS 0 once is enough.
    expect(taken(outbound)).to.deep.equal(['b', 'd', 'e']);
    expect([outbound.size, outbound.dropped]).to.deep.equal([3, 0]);
  });

  it('gives up the oldest where there is no room, and counts them', () => {
    const outbound = new Outbound({ messages: 3, bytes: 10 });
    for (const text of ['a', 'b', 'c', 'd']) outbound.add(message(text));
    expect(outbound.dropped).to.equal(1);
    outbound.add(message('x'.repeat(9)));
    expect(taken(outbound)).to.deep.equal(['d', 'x'.repeat(9)]);
    expect(outbound.dropped).to.equal(3);
  });
});

describe('mqtt: echoes', () => {
  it('takes as many as went out, and no longer than a minute', () => {
    const clock = new ManualClock();
    const echoes = new Echoes(clock);
    echoes.expect(message('a'));
    echoes.expect(message('a'));
    expect(echoes.takes(message('b'))).to.equal(false);
    expect([echoes.takes(message('a')), echoes.takes(message('a')), echoes.takes(message('a'))]).to.deep.equal([true, true, false]);
    echoes.expect(message('a'));
    clock.advance(60_000);
    expect(echoes.takes(message('a'))).to.equal(false);
  });

  it('is bounded', () => {
    const clock = new ManualClock();
    const echoes = new Echoes(clock);
    for (let n = 0; n < 10_001; n++) echoes.expect(message(String(n)));
    expect([echoes.takes(message('9999')), echoes.takes(message('10000'))]).to.deep.equal([true, false]);
  });
});
