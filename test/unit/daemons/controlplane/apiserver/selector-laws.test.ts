import { expect } from 'chai';
import fc from 'fast-check';
import { parseFieldSelector } from '../../../../../src/daemons/controlplane/apiserver/field-selector.ts';
import { parseLabelSelector } from '../../../../../src/daemons/controlplane/apiserver/label-selector.ts';
import type { KubeObject } from '../../../../../src/protocol/kubernetes.ts';

const KEYS = ['a', 'b', 'example.org/c'];
const VALUES = ['', 'x', 'y', '1', '7', '12', '-3'];
type Labels = Record<string, string>;

interface Requirement {
  readonly text: string;
  readonly matches: (labels: Labels) => boolean;
}

const gap = fc.constantFrom('', ' ', '  ');
const key = fc.constantFrom(...KEYS);
const value = fc.constantFrom<string>('', 'x', 'y', '1', '7', '12');
const equality = fc
  .tuple(key, fc.constantFrom('=', '==', '!='), value, gap, gap)
  .map(([name, operator, wanted, before, after]): Requirement => ({
    text: `${name}${before}${operator}${after}${wanted}`,
    matches: (labels) => (labels[name] === wanted) !== (operator === '!='),
  }));
const membership = fc
  .tuple(key, fc.constantFrom('in', 'notin'), fc.array(value, { minLength: 1, maxLength: 3 }), gap, gap)
  .map(([name, operator, list, before, inside]): Requirement => ({
    text: `${name} ${operator}${before}(${list.map((each) => `${inside}${each}`).join(',')})`,
    matches: (labels) => (labels[name] !== undefined && list.includes(labels[name])) !== (operator === 'notin'),
  }));
const existence = fc.tuple(key, fc.boolean()).map(([name, isThere]): Requirement => ({
  text: isThere ? name : `!${name}`,
  matches: (labels) => (labels[name] !== undefined) === isThere,
}));
const order = fc.tuple(key, fc.constantFrom('<', '>'), fc.integer({ min: 0, max: 12 })).map(([name, operator, bound]): Requirement => ({
  text: `${name}${operator}${bound}`,
  matches: (labels) => {
    const number = /^-?\d+$/.test(labels[name] ?? '') ? Number(labels[name]) : NaN;
    return operator === '<' ? number < bound : number > bound;
  },
}));
const requirements = fc.array(fc.oneof(equality, membership, existence, order), { maxLength: 4 });

/** Every way to give three labels one of the values, or none. */
const ALL_LABELS: readonly Labels[] = KEYS.reduce<Labels[]>(
  (made, name) => made.flatMap((labels) => [labels, ...VALUES.map((each) => ({ ...labels, [name]: each }))]),
  [{}],
);

describe('selectors', () => {
  it('of labels match what each of their requirements matches', () => {
    fc.assert(
      fc.property(requirements, fc.constantFrom(',', ' , '), (list, comma) => {
        const selects = parseLabelSelector(list.map(({ text }) => text).join(comma));
        for (const labels of ALL_LABELS) {
          expect(selects(labels), JSON.stringify(labels)).to.equal(list.every(({ matches }) => matches(labels)));
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('of fields compare values of any characters, which are escaped', () => {
    const seen = { matched: 0, not: 0 };
    const text = fc.string({ unit: fc.constantFrom('x', ' ', ',', '=', '\\', '!', 'é'), maxLength: 2 });
    const terms = fc.array(
      fc.record({ field: fc.constantFrom('metadata.name', 'spec.a'), wanted: text, operator: fc.constantFrom('=', '==', '!=') }),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    const fields = {
      'metadata.name': ({ metadata }: KubeObject) => metadata.name,
      'spec.a': (object: KubeObject) => (object as KubeObject & { spec: { a: string } }).spec.a,
    };
    fc.assert(
      fc.property(terms, text, text, (list, name, a) => {
        const selector = list.map(({ field, wanted, operator }) => `${field}${operator}${wanted.replace(/[\\,=]/g, '\\$&')}`).join(',');
        const object = { metadata: { name }, spec: { a } } as unknown as KubeObject;
        const values = { 'metadata.name': name, 'spec.a': a };
        const expected = list.every(({ field, wanted, operator }) => (values[field] === wanted) !== (operator === '!='));
        expect(parseFieldSelector(selector, fields)(object), selector).to.equal(expected);
        seen[expected ? 'matched' : 'not'] += 1;
      }),
      { seed: 2, numRuns: 2_000 },
    );
    expect(Math.min(seen.matched, seen.not)).to.be.greaterThan(100);
  });
});
