import { expect } from 'chai';
import { missingRules } from '../../../../../../src/daemons/controlplane/apiserver/authorization/rule-cover.ts';

describe('rules that others hold', () => {
  const rule = (...resources: string[]) => ({ apiGroups: ['g'], resources, verbs: ['v'] });
  const cases: [owned: string, wanted: string, held: boolean][] = [
    ['pods', 'pods', true],
    ['pods', 'pods/status', false],
    ['pods/status', 'pods', false],
    ['*', 'pods/status', true],
    ['*/status', 'pods/status', true],
    ['*/status', 'pods', false],
    ['*/example.org/scope', 'userextras/example.org/scope', true],
    ['*/example.org', 'userextras/example.org/scope', false],
  ];
  for (const [owned, wanted, held] of cases) {
    it(`${owned} ${held ? 'holds' : 'does not hold'} ${wanted}`, () => {
      expect(missingRules([rule(owned)], [rule(wanted)])).to.deep.equal(held ? [] : [rule(wanted)]);
    });
  }
});
