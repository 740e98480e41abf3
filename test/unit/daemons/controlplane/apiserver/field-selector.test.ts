import { expect } from 'chai';
import { selectableFields } from '../../../../../src/daemons/controlplane/apiserver/builtin-resources.ts';
import { parseFieldSelector } from '../../../../../src/daemons/controlplane/apiserver/field-selector.ts';
import { StatusError } from '../../../../../src/daemons/controlplane/apiserver/status-error.ts';

describe('field selectors', () => {
  const fields = selectableFields(['spec.nodeName', 'status.phase', 'spec.unschedulable']);
  const pod = { metadata: { name: 'a,b=c', namespace: 'n' }, spec: { nodeName: 'edge', unschedulable: true } };
  const cases: [string, boolean][] = [
    ['', true],
    ['spec.nodeName=edge', true],
    ['spec.nodeName==edge,metadata.namespace=n', true],
    ['spec.nodeName!=edge', false],
    ['status.phase=', true],
    ['status.phase!=Failed', true],
    ['spec.unschedulable=true', true],
    [String.raw`metadata.name=a\,b\=c`, true],
  ];
  for (const [selector, expected] of cases) {
    it(`"${selector}" ${expected ? 'matches' : 'does not match'}`, () => {
      expect(parseFieldSelector(selector, fields)(pod)).to.equal(expected);
    });
  }
  for (const [broken, message] of [
    ['spec.foo=x', 'field label not supported: spec.foo'],
    ['constructor=x', 'field label not supported: constructor'],
    ['spec.nodeName', "invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'"],
  ] as const) {
    it(`"${broken}" is refused`, () => {
      expect(() => parseFieldSelector(broken, fields)).to.throw(StatusError, message);
    });
  }

  it('are read in one pass, however long they are', () => {
    for (const broken of [`metadata.name${' '.repeat(15_000)}x`, `${' '.repeat(15_000)}x`, `spec.nodeName${'!'.repeat(15_000)}`]) {
      const begun = performance.now();
      expect(() => parseFieldSelector(broken, fields)).to.throw(StatusError, "can't understand");
      expect(performance.now() - begun).to.be.lessThan(1_000);
    }
  });
});
