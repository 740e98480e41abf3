import { expect } from 'chai';
import { LostUploads } from '../../../../../src/daemons/edge/eventbus/lost-uploads.ts';
import { Traffic } from '../../../../../src/daemons/edge/eventbus/traffic.ts';
import { silentLogger } from '../../../../../src/kernel/log.ts';
import type { Logger } from '../../../../../src/kernel/log.ts';
import type { Publish } from '../../../../../src/mqtt/broker.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';

describe('uploads that do not go up', () => {
  let clock: ManualClock;
  let warnings: object[];
  let lost: LostUploads;
  let traffic: Traffic;
  let isConnected: boolean;
  let room: number;

  beforeEach(() => {
    clock = new ManualClock();
    warnings = [];
    const log: Logger = { ...silentLogger, warn: (fields) => void warnings.push(fields) };
    lost = new LostUploads(clock, () => log);
    isConnected = true;
    room = 0;
    traffic = new Traffic({
      lost,
      send: () => isConnected && room-- > 0,
      isConnected: () => isConnected,
      commit: () => Promise.resolve(),
      internal: () => undefined,
      external: () => undefined,
    });
  });
  const upload = (topic: string): void => {
    const packet: Publish = { topic, payload: Buffer.from('x'), qos: 1, retain: false };
    void traffic.fromInternal(packet);
  };

  it('are counted, and told once a minute with their number', () => {
    room = 3;
    for (let index = 0; index < 10; index++) upload('default/user/x');
    expect(lost.total).to.equal(7);
    const reason = 'the cloud takes no more at the moment';
    expect(warnings.splice(0)).to.deep.equal([{ topic: 'default/user/x', reason, dropped: 1 }]);
    clock.advance(59_000);
    upload('default/user/x');
    expect(warnings).to.deep.equal([]);
    clock.advance(1_000);
    upload('default/user/y');
    expect(warnings).to.deep.equal([{ topic: 'default/user/y', reason, dropped: 8 }]);
    expect(lost.total).to.equal(9);
  });

  it('are told apart by their reasons', () => {
    isConnected = false;
    upload('SYS/dis/upload_records');
    isConnected = true;
    upload(`$hw/events/upload/${'x'.repeat(10_000)}`);
    lost.note('away', { count: 5 });
    expect(warnings.map((fields) => ('reason' in fields ? fields.reason : undefined))).to.deep.equal([
      'the cloud is away',
      'its topic is longer than a resource may be',
    ]);
    expect(lost.total).to.equal(7);
  });
});
