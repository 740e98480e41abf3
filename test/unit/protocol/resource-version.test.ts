import { expect } from 'chai';
import fc from 'fast-check';
import { compareVersions } from '../../../src/protocol/resource-version.ts';

describe('resourceVersions', () => {
  const number = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const version = fc.oneof(
    fc.tuple(number, fc.nat(3)).map(([value, zeros]) => ({ text: ('0'.repeat(zeros) + String(value)).slice(-20), value })),
    // Close to each other, where numbers of JavaScript are the same.
    fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 2n }).map((value) => ({ text: String(value), value })),
    fc.constantFrom('', '-1', '1.5', '0x1', ' 1', 'a', '1e3', undefined).map((text) => ({ text, value: 0n })),
  );

  it('are compared as whole numbers of 64 bits, and what is none as 0', () => {
    fc.assert(
      fc.property(version, version, (one, other) => {
        const expected = one.value < other.value ? -1 : one.value > other.value ? 1 : 0;
        expect(Math.sign(compareVersions(one.text, other.text))).to.equal(expected);
        expect(Math.sign(compareVersions(other.text, one.text))).to.equal(expected === 0 ? 0 : -expected);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
});
