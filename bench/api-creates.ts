import { besideReal } from './support/beside-real.ts';
import type { Bench } from './support/figure.ts';
import { createPods, OBJECTS } from './support/pods.ts';

export default {
  figure: 'pods created at the Kubernetes API by 16 callers, each on disk before its answer, beside 1,000 that are there',
  unit: '1/s',
  goal: { ratioAtLeast: 1 },
  run: (quick) =>
    besideReal({
      rounds: quick ? 1 : 10,
      prepare: async (target) => {
        await createPods(target, 'first', quick ? 20 : OBJECTS);
        return { round: 0 };
      },
      round: (target, state) => createPods(target, `more-${(state.round += 1)}`, quick ? 20 : 500),
    }),
} satisfies Bench;
