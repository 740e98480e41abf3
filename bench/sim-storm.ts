import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';
import { simulate } from './support/simulate.ts';

export default {
  figure: 'from the start of a cloud that was killed until all of its edges are Ready again',
  unit: 's',
  goal: { atMost: 30 },
  run: async (quick) => {
    const edges = quick ? 5 : 2_000;
    let killed = 0;
    let down = 0;
    const { cloudMemory, outages } = await simulate({
      edges,
      seconds: quick ? 25 : 120,
      during: async (cloud) => {
        killed = performance.now();
        await cloud.kill('cloud');
        await cloud.start('cloud');
        down = performance.now() - killed;
      },
    });
    const [outage] = outages;
    if (outage?.lastedMs === undefined) throw new Error(`not all edges came back: ${JSON.stringify(outages)}`);
    const more = { edges, startMs: Math.round(down), peakMB: (cloudMemory?.peakBytes ?? NaN) / 1e6, fewestReady: outage.fewestReady };
    return { kedge: sample([outage.lastedMs / 1000]), more };
  },
} satisfies Bench;
