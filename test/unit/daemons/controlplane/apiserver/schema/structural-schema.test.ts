import { expect } from 'chai';
import { validateStructural } from '../../../../../../src/daemons/controlplane/apiserver/schema/structural-schema.ts';

describe('patterns of a definition', () => {
  const refusals = (pattern: string): string[] =>
    validateStructural({ type: 'object', properties: { a: { type: 'string', pattern } } }, 'schema').map(({ field }) => field);

  for (const pattern of ['(?=a)', '^(?!a)b', '(?<=a)b', '(?<!a)b', String.raw`(a)\1`, String.raw`\[(?=a)`, '(']) {
    it(`${pattern} is refused, as Kubernetes does`, () => {
      expect(refusals(pattern)).to.deep.equal(['schema.properties[a].pattern']);
    });
  }
  for (const pattern of ['^[a-z]+$', '(?:a|b)', '[(?=]', String.raw`\(?=`, String.raw`\\1`, String.raw`\d+`, '(?<name>a)']) {
    it(`${pattern} is taken`, () => {
      expect(refusals(pattern)).to.deep.equal([]);
    });
  }
});
