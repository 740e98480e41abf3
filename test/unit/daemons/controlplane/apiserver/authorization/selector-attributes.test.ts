import { expect } from 'chai';
import {
  selectorErrors,
  type ReviewSelectors,
  type SelectorAttributes,
} from '../../../../../../src/daemons/controlplane/apiserver/authorization/selector-attributes.ts';

/** The words of Kubernetes 1.32, where the API server that the others are compared with has no such field. */
describe('selectors of a review', () => {
  const shown = (selectors: ReviewSelectors): string[] =>
    selectorErrors(selectors, 'attributes').map(({ field, message }) => `${field}: ${message}`);
  const cases: [SelectorAttributes, string[]][] = [
    [{ rawSelector: 'a=b' }, []],
    [{ requirements: [{ key: 'a', operator: 'In', values: ['b'] }] }, []],
    [{ requirements: [{ key: 'a', operator: 'Exists' }] }, []],
    [{ requirements: [{ key: 'a', operator: 'FromTheFuture', values: [] }] }, []],
    [{}, ['SELECTOR.requirements: Required value: when SELECTOR is specified, requirements or rawSelector is required']],
    [
      { rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'Exists' }] },
      ['SELECTOR.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements'],
    ],
    [{ requirements: [{ operator: 'Exists' }] }, ['SELECTOR.requirements[0].key: Required value: must be specified']],
    [
      { requirements: [{ key: 'a', operator: 'NotIn' }] },
      ["SELECTOR.requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
    ],
    [
      {
        requirements: [
          { key: 'a', operator: 'Exists' },
          { key: 'a', operator: 'DoesNotExist', values: ['b'] },
        ],
      },
      ["SELECTOR.requirements[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"],
    ],
  ];
  for (const [selector, errors] of cases) {
    it(JSON.stringify(selector), () => {
      for (const name of ['fieldSelector', 'labelSelector'] as const) {
        expect(shown({ [name]: selector })).to.deep.equal(errors.map((text) => text.replaceAll('SELECTOR', `attributes.${name}`)));
      }
    });
  }

  it('name labels by their rules', () => {
    const requirements = [{ key: '-a', operator: 'Exists' }];
    expect(shown({ fieldSelector: { requirements } })).to.deep.equal([]);
    expect(shown({ labelSelector: { requirements } })[0]).to.match(
      /^attributes\.labelSelector\.requirements\[0\]\.key: Invalid value: "-a": /,
    );
  });
});
