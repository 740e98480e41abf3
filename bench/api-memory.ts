import { setTimeout as wait } from 'node:timers/promises';
import { besideReal } from './support/beside-real.ts';
import type { Bench } from './support/figure.ts';
import { createPods, OBJECTS } from './support/pods.ts';
import { residentMegabytes } from './support/processes.ts';

export default {
  figure: 'resident memory of the control plane, idle with 1,000 pods; of kedge the whole cloud daemon',
  unit: 'MB',
  goal: { ratioAtMost: 0.25 },
  run: (quick) =>
    besideReal({
      rounds: quick ? 1 : 10,
      prepare: async (target) => {
        await createPods(target, 'pod', quick ? 20 : OBJECTS);
        await wait(quick ? 0 : 30_000);
      },
      round: async ({ pids }) => {
        await wait(quick ? 0 : 1_000);
        return residentMegabytes(...pids);
      },
    }),
} satisfies Bench;
