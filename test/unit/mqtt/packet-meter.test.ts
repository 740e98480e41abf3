import { expect } from 'chai';
import fc from 'fast-check';
import { PacketMeter } from '../../../src/mqtt/packet-meter.ts';

/** A packet with so many bytes after its length. */
function packet(bytes: number): Buffer {
  const length: number[] = [];
  for (let left = bytes; ;) {
    const byte = left % 128;
    left = Math.floor(left / 128);
    length.push(left > 0 ? byte | 0x80 : byte);
    if (left === 0) break;
  }
  return Buffer.concat([Buffer.from([0x30, ...length]), Buffer.alloc(bytes, 0xff)]);
}

describe('PacketMeter', () => {
  it('passes packets up to the limit, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (sizes, cut) => {
        const stream = Buffer.concat(sizes.map(packet));
        const meter = new PacketMeter(300);
        for (let at = 0; at < stream.length; at += cut) expect(meter.accept(stream.subarray(at, at + cut))).to.equal(true);
      }),
    );
  });

  it('knows a packet that is too large from its length, before its body', () => {
    for (const size of [301, 20_000, 3_000_000]) {
      const stream = Buffer.concat([packet(0), packet(300), packet(size).subarray(0, 5)]);
      expect(new PacketMeter(300).accept(stream), String(size)).to.equal(false);
    }
  });

  it('refuses a length of more than four bytes', () => {
    expect(new PacketMeter(300_000_000).accept(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]))).to.equal(false);
  });
});
