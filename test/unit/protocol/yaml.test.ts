import { expect } from 'chai';
import { readDocuments, readYaml } from '../../../src/protocol/yaml.ts';

const V11 = { version: '1.1' } as const;

describe('YAML', () => {
  const deep: [string, (levels: number) => string][] = [
    ['lists in brackets', (levels) => '['.repeat(levels) + ']'.repeat(levels)],
    ['maps in braces', (levels) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)],
    ['brackets that do not end', (levels) => '['.repeat(levels)],
    ['lists', (levels) => `${'- '.repeat(levels)}1`],
    ['keys that are maps', (levels) => `${'? '.repeat(levels)}1`],
    ['maps', (levels) => Array.from({ length: Math.min(levels, 1_000) }, (_, level) => `${' '.repeat(level)}a:`).join('\n')],
  ];
  for (const [what, textOf] of deep) {
    it(`is refused when it nests deep: ${what}`, () => {
      for (const levels of [202, 1_000, 100_000]) expect(() => readYaml(textOf(levels), V11)).to.throw('nested more than 200 levels deep');
      if (!what.endsWith('end')) expect(() => readYaml(textOf(198), V11)).not.to.throw();
    });
  }

  it('is read fast, however many keys a map has', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `a${index}: 1`).join('\n');
    const begun = performance.now();
    expect(Object.keys(readYaml(text, V11) as object)).to.have.length(20_000);
    // Comparing each with all others takes 10 s and more.
    expect(performance.now() - begun).to.be.lessThan(4_000);
  });

  it('has each key of a map once', () => {
    const [document] = readDocuments('a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n', V11);
    expect(document!.errors[0]).to.include({ message: 'Map keys must be unique at line 5, column 3' });
    expect(document!.errors[0]!.linePos![0]).to.deep.equal({ line: 5, col: 3 });
    expect(() => readYaml('{a: 1, "a": 2}', V11)).to.throw('unique');
    expect(readYaml('{a: 1, <<: {b: 2}, <<: {c: 3}}', { version: '1.1', merge: true })).to.deep.equal({ a: 1, b: 2, c: 3 });
  });

  it('does not let aliases multiply', () => {
    const text = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghij'.split('').map((name, at) => `${name}: &${name} [${`*${'abcdefghi'[at]!},`.repeat(9)}]`),
    ];
    expect(() => readYaml(text.join('\n'), V11)).to.throw(/alias/i);
  });

  it('is one document, or none', () => {
    expect(readYaml('', V11)).to.equal(null);
    expect(() => readYaml('a: 1\n---\nb: 2\n', V11)).to.throw('more than one document');
    expect(() => readYaml('a: [', V11)).to.throw('at line 1');
  });
});
