import { expect } from 'chai';
import fc from 'fast-check';
import { MAX_JSON_DEPTH, parseJson, TooDeep } from '../../../src/protocol/json.ts';

describe('JSON of another side', () => {
  const nested = (levels: number): string => '[{"a":'.repeat(levels / 2) + '1' + '}]'.repeat(levels / 2);

  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json({ depthSize: 'large' }), (text) => {
        expect(parseJson(text)).to.deep.equal(JSON.parse(text));
      }),
    );
  });

  it('is refused when it nests deeper than 256 levels', () => {
    expect(parseJson(nested(MAX_JSON_DEPTH))).to.be.an('array');
    for (const levels of [MAX_JSON_DEPTH + 2, 1_000_000]) expect(() => parseJson(nested(levels))).to.throw(TooDeep, '256 levels');
    expect(() => parseJson('['.repeat(1_000_000))).to.throw(TooDeep);
    expect(() => parseJson('[[1]]', 1)).to.throw(TooDeep);
  });

  it('counts no brackets in strings, and each that is outside of one', () => {
    for (const text of [`"${'['.repeat(1_000)}"`, `["\\"${'{'.repeat(1_000)}\\\\"]`, JSON.stringify({ a: '"\\[{'.repeat(500) })]) {
      expect(parseJson(text)).to.deep.equal(JSON.parse(text));
    }
    expect(() => parseJson(`["\\\\",${nested(600)}]`)).to.throw(TooDeep);
    expect(() => parseJson(`"${'x'.repeat(1_000)}`)).to.throw(SyntaxError);
  });

  it('may be as wide as it likes', () => {
    expect(parseJson(`[${'[],'.repeat(10_000)}[]]`)).to.have.length(10_001);
  });
});
