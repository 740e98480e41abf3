import { RESOURCES } from '../src/protocol/kubernetes.ts';
import { besideReal, ratePerSecond } from './support/beside-real.ts';
import type { Bench } from './support/figure.ts';
import { CALLERS, createPods, OBJECTS, podStatus } from './support/pods.ts';

export default {
  figure: 'status patches of 1,000 pods, as kubelets send them, by 16 callers, each on disk before its answer',
  unit: '1/s',
  goal: { ratioAtLeast: 1 },
  run: (quick) => {
    const pods = quick ? 20 : OBJECTS;
    return besideReal({
      rounds: quick ? 1 : 5,
      prepare: async (target) => {
        await createPods(target, 'pod', pods);
        return { turn: 0 };
      },
      round: ({ kube }, state) =>
        ratePerSecond(pods, CALLERS, (index) => {
          const target = { name: `pod-${index}`, namespace: 'default', subresource: 'status' } as const;
          return kube.patch(RESOURCES.pod, target, podStatus((state.turn += 1)), 'strategic');
        }),
    });
  },
} satisfies Bench;
