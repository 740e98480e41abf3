import { expect } from 'chai';
import fc from 'fast-check';
import type { Attributes } from '../../../../../../src/daemons/controlplane/apiserver/authorization/attributes.ts';
import { compact, missingRules } from '../../../../../../src/daemons/controlplane/apiserver/authorization/rule-cover.ts';
import { ruleAllows } from '../../../../../../src/daemons/controlplane/apiserver/authorization/rule-match.ts';
import type { PolicyRule } from '../../../../../../src/protocol/rbac.ts';

/** What no rule names stands for all that none can name: only `*` reaches it. */
const OTHER = 'other';
const user = { name: 'somebody', groups: [] };
const VERBS = ['get', 'list', OTHER];

/** Every request that can be told from the others by a rule of `rule`. */
const UNIVERSE: readonly Attributes[] = VERBS.flatMap((verb) => [
  ...['', 'g', OTHER].flatMap((group) =>
    ['pods', 'nodes', OTHER].flatMap((plural) =>
      ['', 'status', OTHER].flatMap((subresource) =>
        ['', 'a', 'b', OTHER].map((name) => ({
          user,
          verb,
          resource: { group, version: 'v1', plural, subresource, namespace: '', name },
        })),
      ),
    ),
  ),
  ...['/x', '/x/y', '/xy', '/x/other', '/xother', '/other'].map((path) => ({ user, verb, path })),
]);

const some = (...values: string[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 });
const verbs = some('get', 'list', '*');
const ofResources = fc.record(
  {
    verbs,
    apiGroups: some('', 'g', '*'),
    resources: some('pods', 'nodes', 'pods/status', 'nodes/status', '*/status', '*'),
    resourceNames: some('a', 'b'),
  },
  { requiredKeys: ['verbs', 'apiGroups', 'resources'] },
);
const ofPaths = fc.record({ verbs, nonResourceURLs: some('/x', '/x/y', '/x*', '/x/*', '*') });
const rules: fc.Arbitrary<PolicyRule[]> = fc.array(fc.oneof({ weight: 3, arbitrary: ofResources }, ofPaths), { maxLength: 4 });

const allowedBy = (list: readonly PolicyRule[]): readonly Attributes[] =>
  UNIVERSE.filter((request) => list.some((rule) => ruleAllows(rule, request)));

describe('rules that hold others', () => {
  it('hold them exactly when they allow every request that those allow', () => {
    const seen = { held: 0, missing: 0 };
    fc.assert(
      fc.property(rules, rules, (owned, wanted) => {
        const allowed = new Set(allowedBy(owned));
        const isHeld = allowedBy(wanted).every((request) => allowed.has(request));
        expect(missingRules(owned, wanted).length === 0).to.equal(isHeld);
        seen[isHeld ? 'held' : 'missing'] += 1;
      }),
      { seed: 1, numRuns: 3_000 },
    );
    // Both must have come up, or nothing was tried.
    expect(Math.min(seen.held, seen.missing)).to.be.greaterThan(300);
  });

  it('miss what is missing and nothing that nobody wanted', () => {
    fc.assert(
      fc.property(rules, rules, (owned, wanted) => {
        const missing = allowedBy(missingRules(owned, wanted));
        const [have, want] = [new Set(allowedBy(owned)), new Set(allowedBy(wanted))];
        expect(missing.every((request) => want.has(request))).to.equal(true);
        expect([...want].every((request) => have.has(request) || missing.includes(request))).to.equal(true);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it('are joined without a change of what they allow', () => {
    fc.assert(
      fc.property(rules, (list) => {
        expect(allowedBy(compact(list))).to.deep.equal(allowedBy(list));
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
