import { expect } from 'chai';
import { parseLabelSelector } from '../../../../../src/daemons/controlplane/apiserver/label-selector.ts';
import { StatusError } from '../../../../../src/daemons/controlplane/apiserver/status-error.ts';

describe('label selectors', () => {
  const labels = { app: 'web', 'example.org/tier': 'front', size: '5', empty: '' };
  const cases: [string, boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web , size=5', true],
    ['app!=web', false],
    ['missing!=x', true],
    ['example.org/tier in (front, back)', true],
    ['example.org/tier notin (front)', false],
    ['missing notin (x)', true],
    ['missing in (x)', false],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['empty=', true],
    ['app=', false],
    ['size>4,size<6', true],
    ['size>5', false],
    ['app>1', false],
    ['app in (a,web),size in (5,6)', true],
    ['app in (a,web),size notin (5,6)', false],
    ['constructor', false],
  ];
  for (const [selector, expected] of cases) {
    it(`"${selector}" ${expected ? 'matches' : 'does not match'}`, () => {
      expect(parseLabelSelector(selector)(labels)).to.equal(expected);
    });
  }
  for (const broken of ['a===b', 'a in x', '=b', 'a b', 'a,,b', 'a in (x', '-a=b']) {
    it(`"${broken}" is refused`, () => {
      expect(() => parseLabelSelector(broken))
        .to.throw(StatusError)
        .with.nested.property('status.code', 400);
    });
  }

  it('of many parts are refused as fast as they are read', () => {
    for (const part of [',', '(,', '),', '),(']) expect(() => parseLabelSelector(part.repeat(200_000))).to.throw(StatusError);
  });

  it('says what is wrong with a key or a value', () => {
    expect(() => parseLabelSelector('a&b')).to.throw('unable to parse requirement: <nil>: Invalid value: "a&b": name part must consist of');
    expect(() => parseLabelSelector('a=@')).to.throw('unable to parse requirement: values[0]: Invalid value: "@": a valid label must be');
  });
});
