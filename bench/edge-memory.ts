import { setTimeout as wait } from 'node:timers/promises';
import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';
import { residentMegabytes } from './support/processes.ts';
import { withSite } from './support/site.ts';

export default {
  figure: 'resident memory of an idle edge, one device, connected',
  unit: 'MB',
  goal: { atMost: 70 },
  run: (quick) =>
    withSite(async (site) => {
      const pid = await site.pid('edge');
      const values: number[] = [];
      await wait(quick ? 0 : 30_000);
      for (let index = 0; index < (quick ? 1 : 10); index += 1) {
        if (index > 0) await wait(1_000);
        values.push(residentMegabytes(pid));
      }
      return { kedge: sample(values), missing: ['edgecore of KubeEdge'] };
    }),
} satisfies Bench;
