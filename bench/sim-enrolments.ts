import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';
import { simulate } from './support/simulate.ts';

export default {
  figure: 'edges a second that get a certificate, connect and get Ready, simulated on the same machine',
  unit: '1/s',
  goal: { atLeast: 50 },
  run: async (quick) => {
    const values: number[] = [];
    for (let index = 0; index < (quick ? 1 : 3); index += 1) {
      const { edges, readyMs } = await simulate({ edges: quick ? 3 : 500, seconds: 1 });
      values.push((edges * 1000) / readyMs);
    }
    return { kedge: sample(values) };
  },
} satisfies Bench;
