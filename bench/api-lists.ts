import { besideReal, ratePerSecond } from './support/beside-real.ts';
import type { Bench } from './support/figure.ts';
import { createPods, OBJECTS } from './support/pods.ts';

export default {
  figure: 'lists of 1,000 pods as of now, whole, by two callers',
  unit: '1/s',
  goal: { ratioAtLeast: 1 },
  run: (quick) =>
    besideReal({
      rounds: quick ? 1 : 5,
      prepare: (target) => createPods(target, 'pod', quick ? 20 : OBJECTS),
      round: ({ kube }) => ratePerSecond(quick ? 2 : 40, 2, () => kube.raw('/api/v1/namespaces/default/pods')),
    }),
} satisfies Bench;
