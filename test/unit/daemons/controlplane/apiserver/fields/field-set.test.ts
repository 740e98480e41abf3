import { expect } from 'chai';
import fc from 'fast-check';
import {
  difference,
  FieldSetBuilder,
  has,
  intersection,
  pathsOf,
  recursiveDifference,
  union,
  type FieldSet,
} from '../../../../../../src/daemons/controlplane/apiserver/fields/field-set.ts';
import { decodeFields, encodeFields } from '../../../../../../src/daemons/controlplane/apiserver/fields/fields-v1.ts';
import {
  compareElements,
  fieldElement,
  keyElement,
  parseElement,
  showPath,
  valueElement,
  type PathElement,
} from '../../../../../../src/daemons/controlplane/apiserver/fields/path-element.ts';

const elements: readonly PathElement[] = [
  fieldElement('spec'),
  fieldElement('__proto__'),
  keyElement({ protocol: 'TCP', containerPort: 80 }),
  keyElement({ name: 'a' }),
  valueElement('x'),
  valueElement(3),
  'i:2',
];
const path = fc.array(fc.constantFrom(...elements), { minLength: 1, maxLength: 4 });
const paths = fc.array(path, { maxLength: 12 });

function setOf(list: readonly (readonly PathElement[])[]): FieldSet {
  const builder = new FieldSetBuilder();
  for (const one of list) builder.add(one);
  return builder.set;
}
const texts = (set: FieldSet): string[] => [...pathsOf(set)].map((one) => one.join('/')).sort();
const unique = (list: readonly (readonly PathElement[])[]): string[] => [...new Set(list.map((one) => one.join('/')))].sort();

describe('sets of fields', () => {
  it('are what sets of paths are', () => {
    fc.assert(
      fc.property(paths, paths, (a, b) => {
        const [left, right] = [setOf(a), setOf(b)];
        const [inA, inB] = [unique(a), unique(b)];
        expect(texts(left)).to.deep.equal(inA);
        expect(texts(union(left, right))).to.deep.equal(unique([...a, ...b]));
        expect(texts(intersection(left, right))).to.deep.equal(inA.filter((one) => inB.includes(one)));
        expect(texts(difference(left, right))).to.deep.equal(inA.filter((one) => !inB.includes(one)));
        const isBelow = (one: string): boolean => inB.some((other) => `${one}/`.startsWith(`${other}/`));
        expect(texts(recursiveDifference(left, right))).to.deep.equal(inA.filter((one) => !isBelow(one)));
        expect(a.every((one) => has(left, one))).to.equal(true);
        // Nothing is left of what says nothing.
        expect(difference(left, left).size).to.equal(0);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('stay the same object where nothing changes, so that nobody writes them anew', () => {
    fc.assert(
      fc.property(paths, (list) => {
        const set = setOf(list);
        expect(union(set, setOf(list))).to.equal(set);
        expect(intersection(set, setOf(list))).to.equal(set);
        expect(difference(set, setOf([]))).to.equal(set);
        expect(difference(set, setOf([[fieldElement('elsewhere')]]))).to.equal(set);
      }),
      { seed: 6 },
    );
  });

  it('are written and read as FieldsV1', () => {
    fc.assert(
      fc.property(paths, (list) => {
        const written = JSON.parse(JSON.stringify(encodeFields(setOf(list)))) as unknown;
        expect(texts(decodeFields(written))).to.deep.equal(unique(list));
      }),
      { seed: 7 },
    );
    const fields = { 'f:spec': { '.': {}, 'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } } } };
    const [spec, ports, port] = [fieldElement('spec'), fieldElement('ports'), keyElement({ protocol: 'TCP', containerPort: 80 })];
    const set = setOf([[spec], [spec, ports, port], [spec, ports, port, fieldElement('name')]]);
    expect(encodeFields(set)).to.deep.equal(fields);
    expect(decodeFields(fields)).to.deep.equal(set);
  });

  it('read what others wrote in another way, and leave out what they do not know', () => {
    const set = decodeFields({ 'f:a': { 'k:{"b": 1, "a": "<x>"}': {} }, 'z:later': {}, 'v:1.0': {}, 'i:007': {} });
    expect([...pathsOf(set)].map(showPath)).to.deep.equal(['[=1]', '[7]', '.a[a="<x>",b=1]']);
    expect(Object.keys(encodeFields(set)['f:a'] as object)).to.deep.equal(['k:{"a":"\\u003cx\\u003e","b":1}']);
  });

  for (const broken of [[], 'x', { fspec: {} }, { 'k:[]': {} }, { 'k:{': {} }, { 'v:': {} }, { 'i:x': {} }]) {
    it(`refuse ${JSON.stringify(broken)}`, () => expect(() => decodeFields(broken)).to.throw(SyntaxError));
  }

  it('have their steps in Kubernetes’ order', () => {
    const order = [
      'f:a',
      'f:b',
      'k:{"a":1}',
      'k:{"a":2}',
      'k:{"a":2,"b":1}',
      'k:{"a":"1"}',
      'k:{"b":0}',
      'v:2',
      'v:10',
      'v:"a"',
      'v:true',
      'i:2',
      'i:10',
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(order, { minLength: order.length }), (shuffled) => {
        expect([...shuffled].sort(compareElements)).to.deep.equal(order);
      }),
      { seed: 8 },
    );
    expect(order.map((element) => parseElement(element))).to.deep.equal(order);
  });
});
